"""Plain ways to find red flags: what our own screen has to beat.

Each says of a whole message whether it is flagged; none knows statuses or clauses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

from assistant.encoder import Encoder, get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.evaluation.counting import Row
from assistant.evaluation.peers import choose_threshold
from assistant.evaluation.red_flag_diet import DietScreen
from assistant.evaluation.red_flags import (
    EMERGENCIES,
    HARMLESS,
    MENTIONS,
    NEAR_MISSES,
    PLAIN,
    is_plain,
    is_present_emergency,
)
from assistant.evaluation.shares import Share
from assistant.faq.validation import read_jsonl
from assistant.paths import RED_FLAG_DATA
from assistant.red_flags.mention import categories
from assistant.red_flags.train import harmless_texts

KEYWORDS_FILE = Path(__file__).parent / "keywords.yml"
# Harmless, and no near misses.
OTHERS = ("faq", "uncovered", "personal_advice", "service", "several", "follow_up")
MOST_FALSE = 0.05  # of the harmless validation messages: the bar of the design
INVERSE_REGULARISATION = 8.0
THRESHOLDS = (
    f"(minilm flags from the threshold on that flags {MOST_FALSE:.0%} of the harmless validation "
    "messages, stock DIET where the red flag is its best intent, without any threshold)"
)

FlagAll = Callable[[Sequence[str]], Sequence[bool]]  # of texts, which are flagged


class KeywordsError(ValueError):
    """The keywords' file holds something that is not allowed."""


@dataclass(frozen=True)
class RedFlagSets:
    """Messages of a split that say whether red flags are found.

    Attributes:
        mentions: Labelled rows.
        near_misses: Harmless messages that look like red flags.
        others: All other harmless messages.
    """

    mentions: tuple[Row, ...]
    near_misses: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def harmless(self) -> list[str]:
        """All harmless messages, near misses first."""
        return [*self.near_misses, *self.others]


def load_red_flag_sets(folder: Path) -> RedFlagSets:
    """Reads a split.

    Args:
        folder: Holds red_flags.jsonl, harmless.jsonl and those of `OTHERS`.
    """

    def texts(*names: str) -> tuple[str, ...]:
        rows = (row for name in names for row in read_jsonl(folder / f"{name}.jsonl"))
        return tuple(row["turns"][-1] if "turns" in row else row["text"] for row in rows)

    return RedFlagSets(
        tuple(read_jsonl(folder / "red_flags.jsonl")), texts("harmless"), texts(*OTHERS)
    )


def measure_flags(flag: FlagAll, sets: RedFlagSets) -> dict[str, Share]:
    """The rows of recall and false alarms, under the names of the big table."""
    mentions = list(zip(sets.mentions, flag([row["text"] for row in sets.mentions]), strict=True))
    present = [(row, hit) for row, hit in mentions if is_present_emergency(row)]
    harmless = flag(sets.harmless)
    return {
        EMERGENCIES: Share.among(hit for _, hit in present),
        PLAIN: Share.among(hit for row, hit in present if is_plain(row)),
        MENTIONS: Share.among(hit for _, hit in mentions),
        NEAR_MISSES: Share.among(harmless[: len(sets.near_misses)]),
        HARMLESS: Share.among(harmless),
    }


def flag_table(columns: Mapping[str, Mapping[str, Share]]) -> str:
    """The rows of `measure_flags`, a column for each way of finding red flags.

    Args:
        columns: Name -> rows; more rows than these are left out.
    """
    lines = [f"{'red flags':40}" + "".join(f"{name:38}" for name in columns)]
    for row in (EMERGENCIES, PLAIN, MENTIONS, NEAR_MISSES, HARMLESS):
        lines.append(f"{row:40}" + "".join(f"{rows[row]!s:38}" for rows in columns.values()))
    return "\n".join([*lines, THRESHOLDS])


class KeywordSearch:
    """Flags a message that holds any of the keywords as whole words.

    Args:
        keywords: Category -> words and phrases.

    >>> KeywordSearch({"jaw": ["sore jaw"]}).flags(["My SORE  jaw!", "a sore jawline"])
    [True, False]
    """

    def __init__(self, keywords: Mapping[str, Iterable[str]]) -> None:
        phrases = sorted({phrase for listed in keywords.values() for phrase in listed})
        spaced = (r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.IGNORECASE)

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tells which texts hold a keyword."""
        return [self._any.search(text.replace("’", "'")) is not None for text in texts]


def load_keywords(file: Path = KEYWORDS_FILE) -> dict[str, list[str]]:
    """Reads the keywords of each category.

    Raises:
        KeywordsError: If a category is missing or unknown, or has no keywords.
    """
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    if set(found) != set(categories()) or not all(found.values()):
        raise KeywordsError(
            f"{file} has keywords for {sorted(name for name in found if found[name])}; each of "
            f"{', '.join(categories())} needs some"
        )
    return {category: [str(word) for word in words] for category, words in found.items()}


class EmbeddingScreen:
    """Logistic regression on the embedding of the whole message.

    Args:
        encoder: Embeds texts.
        mentions: Messages with a red flag.
        harmless: Messages without.
        validation: Harmless messages to choose the threshold on.
        most_false: Share of those that may be flagged.
    """

    def __init__(
        self,
        encoder: Encoder,
        mentions: Sequence[str],
        harmless: Sequence[str],
        validation: Sequence[str],
        most_false: float = MOST_FALSE,
    ) -> None:
        self._encoder = encoder
        self._model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000)
        labels = [True] * len(mentions) + [False] * len(harmless)
        self._model.fit(encoder.encode([*mentions, *harmless]), labels)
        self.threshold = choose_threshold(self._score(validation), most_false)

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tells which texts are as probable as the threshold."""
        return [bool(score >= self.threshold) for score in self._score(texts)]

    def _score(self, texts: Sequence[str]) -> np.ndarray:
        scores: np.ndarray = self._model.predict_proba(self._encoder.encode(texts))[:, 1]
        return scores


def train_embedding_screen(encoder: Encoder, validation: RedFlagSets) -> EmbeddingScreen:
    """Trains on the messages that our screen is trained on.

    Args:
        encoder: Embeds texts.
        validation: Split to choose the threshold on.
    """
    mentions = [row["text"] for row in read_jsonl(RED_FLAG_DATA / "mentions.jsonl")]
    return EmbeddingScreen(encoder, mentions, harmless_texts(), validation.harmless)


def measure_red_flag_peers(
    sets: RedFlagSets, validation: RedFlagSets, diet: Path | None
) -> dict[str, dict[str, Share]]:
    """Measures all peers.

    Args:
        sets: To measure on.
        validation: To choose thresholds on.
        diet: The model of Rasa's intent classifier, None to leave it out.

    Returns:
        Name -> rows of `measure_flags`.
    """
    peers: dict[str, FlagAll] = {
        "keywords": KeywordSearch(load_keywords()).flags,
        "minilm": train_embedding_screen(get_encoder(PACKAGED_MODEL), validation).flags,
    }
    if diet is not None:
        peers["stock DIET"] = DietScreen(diet).flags
    return {name: measure_flags(flag, sets) for name, flag in peers.items()}
