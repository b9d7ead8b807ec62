"""When the learned layer fires, chosen on messages that nothing was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_FALSE = 0.08  # share of harmless messages that may be escalated on the validation set
LEAST_RECALL = 0.95  # below it false alarms give way: a missed red flag costs more


@dataclass(frozen=True)
class Thresholds:
    """Probabilities of "no harmless text".

    Attributes:
        fire: from here on the classifier flags by itself.
        refuse: below it a weak rule does not fire by itself.
    """

    fire: float = 0.5
    refuse: float = 0.0


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Example:
    """A validation message as both layers see it.

    Attributes:
        is_mention: whether it holds a red flag.
        strong: whether a rule fired that needs no agreement.
        weak: whether a weak rule fired.
        probability: the classifier's highest probability of "no harmless text".
    """

    is_mention: bool
    strong: bool
    weak: bool
    probability: float


def flagged(example: Example, thresholds: Thresholds) -> bool:
    """Whether the combined screen flags an example."""
    return (
        example.strong
        or example.probability >= thresholds.fire
        or (example.weak and example.probability >= thresholds.refuse)
    )


def rates(examples: Sequence[Example], thresholds: Thresholds) -> tuple[float, float]:
    """Recall of mentions and share of harmless messages flagged."""
    hits = [flagged(e, thresholds) for e in examples if e.is_mention]
    false = [flagged(e, thresholds) for e in examples if not e.is_mention]
    return sum(hits) / max(1, len(hits)), sum(false) / max(1, len(false))


def choose_threshold(
    examples: Sequence[Example],
    most_false: float = MOST_FALSE,
    least_recall: float = LEAST_RECALL,
) -> Thresholds:
    """The thresholds with the highest recall at no more than `most_false` false alarms.

    Where that recall is below `least_recall`, those with the fewest false alarms are taken among
    the thresholds that reach it; where none does, those with the highest recall.

    Args:
        examples: validation messages, mentions and harmless ones.
        most_false: share of harmless messages that may be flagged.
        least_recall: share of mentions that must be flagged.

    Example:
        >>> choose_threshold([Example(True, False, False, 0.9), Example(False, False, False, 0.2)])
        Thresholds(fire=0.9, refuse=0.0)
    """
    table = []
    for refuse in (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        for step in range(1, 100):
            if step / 100 >= refuse:
                thresholds = Thresholds(step / 100, refuse)
                table.append((*rates(examples, thresholds), thresholds))
    within = [row for row in table if row[1] <= most_false]
    best = max(within, key=lambda row: (row[0], -row[1], row[2].fire), default=None)
    if best is not None and best[0] >= least_recall:
        return best[2]
    safe = [row for row in table if row[0] >= least_recall]
    if safe:
        return min(safe, key=lambda row: (row[1], -row[0], -row[2].fire))[2]
    return max(table, key=lambda row: (row[0], -row[1], row[2].fire))[2]
