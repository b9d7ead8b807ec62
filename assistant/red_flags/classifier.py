"""The classifier: whether a text speaks of a red flag, and of which, words unseen by any rule.

Two readings say whether. The reader is a small transformer that was fine-tuned for nothing else:
on 848 messages new to both it missed half as many at equal false alarms as regressions and networks
on the vectors of the answering side's encoder. The letters alone err elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import emoji
import numpy as np
from numpy.typing import NDArray

from assistant.language.segmentation import with_blanks
from assistant.red_flags.folding import fold
from assistant.red_flags.letters import Letters
from assistant.red_flags.mention import categories
from assistant.red_flags.windows import LONGEST

Floats = NDArray[np.float32]

NONE = "none"
SMALLEST = 1e-6  # probability, so that its logit is finite


class Reader(Protocol):
    """Reads texts as they are, each by itself."""

    classes: tuple[str, ...]

    def shares(self, texts: Sequence[str]) -> Floats:
        """Probability of each class, shape (len(texts), len(classes)), in rows that sum to one."""


@dataclass(frozen=True)
class Read:
    """What the classifier makes of some texts.

    Attributes:
        categories: names of the shares' columns.
        shares: of each category among all in what a text may be about, shape (n, categories).
        letters: log odds of a mention by the letters alone, shape (n,).
        reader: the same by the reader.
    """

    categories: tuple[str, ...]
    shares: Floats
    letters: Floats
    reader: Floats


class RedFlagClassifier:
    """The reader beside the letters.

    Args:
        reader: its classes are categories and "none".
        letters: tell mentions from all else.

    Raises:
        ValueError: the reader's classes are not those of categories.yml.
    """

    def __init__(self, reader: Reader, letters: Letters) -> None:
        unknown = set(reader.classes) ^ {*categories(), NONE}
        if unknown:
            raise ValueError(f"the red-flag reader knows other classes: {sorted(unknown)}")
        self._reader, self._letters = reader, letters
        self._none = reader.classes.index(NONE)
        self._named = tuple(name for name in reader.classes if name != NONE)

    @classmethod
    def train(cls, messages: Sequence[tuple[str, str]], reader: Reader) -> RedFlagClassifier:
        """Fits what is learned in `rasa train`; the reader is made by `make red-flag-reader`.

        Args:
            messages: pairs of text and label, a category or "none".
            reader: as it is served.

        Raises:
            ValueError: a label is neither a category nor "none".
        """
        wrong = sorted({label for _, label in messages} - {*categories(), NONE})
        if wrong:
            raise ValueError(f"labels {wrong}; allowed are {sorted({*categories(), NONE})}")
        mentions = [label != NONE for _, label in messages]
        return cls(reader, Letters.train(_folded([text for text, _ in messages]), mentions))

    def read(self, texts: Sequence[str]) -> Read:
        """Reads texts, each by itself; one with emoji with and without them, as it says more."""
        bare = [emoji.replace_emoji(text, " ") for text in texts]
        again = [n for n, text in enumerate(bare) if text != texts[n] and text.strip()]
        read = self._read([*texts, *(bare[n] for n in again)])
        if not again:
            return read
        own, other = np.arange(len(texts)), np.arange(len(texts))
        other[again] = len(texts) + np.arange(len(again))
        return Read(
            read.categories,
            (read.shares[own] + read.shares[other]) / 2,
            np.maximum(read.letters[own], read.letters[other]),
            np.maximum(read.reader[own], read.reader[other]),
        )

    def _read(self, texts: Sequence[str]) -> Read:
        folded = _folded(texts)
        shares = self._reader.shares(folded)
        mention = np.clip(1.0 - shares[:, self._none], SMALLEST, 1 - SMALLEST)
        among = np.delete(shares, self._none, axis=1) + SMALLEST
        return Read(
            self._named,
            among / among.sum(axis=1, keepdims=True),
            self._letters.logits(folded),
            np.log(mention / (1 - mention)),
        )

    def save(self, folder: Path) -> None:
        """Writes the letters' weights; no pickle. The reader is the checkout's."""
        folder.mkdir(parents=True, exist_ok=True)
        self._letters.save(folder)

    @classmethod
    def load(cls, folder: Path, reader: Reader) -> RedFlagClassifier:
        """Reads what `save` wrote.

        Raises:
            FileNotFoundError: nothing was saved there.
        """
        return cls(reader, Letters.load(folder))


def _folded(texts: Sequence[str]) -> list[str]:
    return [with_blanks(fold(text[:LONGEST]).text) for text in texts]
