"""Messages that stand in the sets twice, and what that means: a leak, a conflict, a repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from assistant.datasets.likeness import Encode, alike_in_letters, alike_in_meaning, bare, same_words
from assistant.datasets.messages import SCREENED, SPLITS, Message

Look = Literal["exact", "letters", "meaning"]

LOOKS: tuple[Look, ...] = ("exact", "letters", "meaning")
CONFLICT, REDUNDANCY, LEANING, OTHER_TASK = (
    "two labels",
    "one label",
    "leans on its turn before",
    "one for answering, one for the screen",
)
RELATIONS = (CONFLICT, REDUNDANCY, LEANING, OTHER_TASK)  # of twins within a split
# What anybody would write in these very words: small talk and topics of one or two words.
SHORT = 16  # characters of the bare text


@dataclass(frozen=True)
class Twins:
    """Two messages that say the same.

    Attributes:
        first: Of the split that is named first in `SPLITS`.
        second: The other one.
        look: How it was seen: `exact` before `letters` before `meaning`.
        likeness: The cosine; 1 where the words are the same.
    """

    first: Message
    second: Message
    look: Look
    likeness: float

    @property
    def across_splits(self) -> bool:
        """Whether they stand in two splits: a leak, unless anybody would write so."""
        return self.first.split != self.second.split

    @property
    def short(self) -> bool:
        """Whether anybody would write so."""
        return min(len(bare(self.first.text)), len(bare(self.second.text))) <= SHORT

    @property
    def relation(self) -> str:
        """What twins within a split are to each other, one of `RELATIONS`."""
        if self.first.leans or self.second.leans:
            return LEANING
        if (self.first.kind in SCREENED) != (self.second.kind in SCREENED):
            return OTHER_TASK
        return REDUNDANCY if self.first.decisions == self.second.decisions else CONFLICT


def exact_twins(messages: Sequence[Message]) -> list[Twins]:
    """Finds messages with the same words, case and punctuation aside."""
    return [
        _twins(messages[first], messages[second], "exact", 1.0)
        for first, second in same_words([message.text for message in messages])
    ]


def near_twins(messages: Sequence[Message], encode: Encode | None = None) -> Iterator[Twins]:
    """Finds messages that are nearly the same; exact twins are left out.

    Args:
        messages: Of all sets that are to be compared.
        encode: The encoder for a second look, which adds what the letters do not show.
    """
    saying: dict[str, list[Message]] = {}
    for message in messages:
        saying.setdefault(bare(message.text), []).append(message)
    groups = list(saying.values())
    texts = [group[0].text for group in groups]
    letters = alike_in_letters(texts)
    meaning = alike_in_meaning(texts, encode) if encode else {}
    looks: dict[tuple[int, int], tuple[Look, float]] = {
        **{pair: ("meaning", cosine) for pair, cosine in meaning.items()},
        **{pair: ("letters", cosine) for pair, cosine in letters.items()},
    }
    for (one, other), (look, likeness) in sorted(looks.items()):
        for first, second in product(groups[one], groups[other]):
            yield _twins(first, second, look, likeness)


def _twins(one: Message, other: Message, look: Look, likeness: float) -> Twins:
    first, second = sorted((one, other), key=lambda message: SPLITS.index(message.split))
    return Twins(first, second, look, likeness)


def faults(twins: Iterable[Twins]) -> list[str]:
    """What must not be: an exact leak that is not short, a training text under two labels.

    Returns:
        Sentences that name places and never a message: others train on what they read.
    """
    found = []
    for pair in twins:
        if pair.look != "exact":
            continue
        if pair.across_splits and not pair.short:
            found.append(f"{pair.first.place} stands in {pair.second.file} too; drop it")
        if pair.first.split == pair.second.split == "training" and pair.relation == CONFLICT:
            found.append(f"{pair.first.place} has another label in {pair.second.place}; drop one")
    return found
