"""When the learned layer fires, chosen on messages that nothing was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Share of the validation split's near misses that may be escalated. All of it is spent on recall:
# a missed red flag costs more. Ordinary questions are escalated far less often than near misses.
MOST_FALSE = 0.14
STEPS = 100
REFUSALS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


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
        is_emergency: whether that is a present emergency.
        strong: whether a rule fired that needs no agreement.
        weak: whether a weak rule fired.
        probability: the classifier's highest probability of "no harmless text".
    """

    is_mention: bool
    is_emergency: bool
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


@dataclass(frozen=True)
class Rates:
    """What thresholds do on a split, each a share from 0 to 1.

    Attributes:
        emergencies: Present emergencies that are flagged.
        mentions: Mentions of any kind that are flagged.
        false_alarms: Harmless messages that are flagged.
    """

    emergencies: float
    mentions: float
    false_alarms: float


def rates(examples: Sequence[Example], thresholds: Thresholds) -> Rates:
    """What thresholds do on a split."""

    def share(chosen: Sequence[Example]) -> float:
        return sum(flagged(example, thresholds) for example in chosen) / max(1, len(chosen))

    return Rates(
        share([example for example in examples if example.is_emergency]),
        share([example for example in examples if example.is_mention]),
        share([example for example in examples if not example.is_mention]),
    )


def choose_threshold(examples: Sequence[Example], most_false: float = MOST_FALSE) -> Thresholds:
    """The thresholds that miss the fewest red flags within a bound on false alarms.

    Present emergencies count before all mentions, and these before false alarms. Where no
    thresholds keep the bound, those with the fewest false alarms are taken.

    Args:
        examples: validation messages, mentions and harmless ones.
        most_false: share of harmless messages that may be flagged.

    Example:
        >>> mention, harmless = (True, True, False, False, 0.9), (False, False, False, False, 0.2)
        >>> choose_threshold([Example(*mention), Example(*harmless)])
        Thresholds(fire=0.9, refuse=0.0)
    """
    table = []
    for refuse in REFUSALS:
        for step in range(1, STEPS):
            if step / STEPS >= refuse:
                thresholds = Thresholds(step / STEPS, refuse)
                table.append((rates(examples, thresholds), thresholds))
    fewest = min(row.false_alarms for row, _ in table)
    within = [row for row in table if row[0].false_alarms <= max(most_false, fewest)]
    return max(
        within,
        key=lambda row: (row[0].emergencies, row[0].mentions, -row[0].false_alarms, row[1].fire),
    )[1]
