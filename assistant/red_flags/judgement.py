"""What the learned layer says of a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scored:
    """A span that the classifier holds for a red flag.

    Attributes:
        category: an id of categories.yml.
        score: probability that the span is no harmless text.
        start, end: the span in the original text.
    """

    category: str
    score: float
    start: int
    end: int


@dataclass(frozen=True)
class Judgement:
    """What the classifier makes of a message.

    Attributes:
        scored: the spans above the threshold, the highest of each category.
        highest: the highest probability of any span that it is no harmless text.
        refuses: whether `highest` is so low that a weak rule must not fire alone.
        complete: whether the whole message was read.
    """

    scored: tuple[Scored, ...]
    highest: float
    refuses: bool
    complete: bool
