"""When the learned layer fires, chosen on messages that nothing was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Share of the harmless messages that may be escalated: the design's bar. All of it is spent
# on recall: a missed red flag costs more.
MOST_FALSE = 0.05
NEAR_MISSES = 0.4  # their share among the harmless messages of the evaluation sets
STEPS = 500
RULES_ALONE = 2.0  # no probability reaches it


@dataclass(frozen=True)
class Example:
    """A validation message as both layers see it.

    Attributes:
        is_mention: whether it holds a red flag.
        is_emergency: whether that is a present emergency.
        firm: whether a rule fired that needs no agreement.
        probability: the learned layer's highest score.
        near_miss: whether it is a harmless message that looks like a red flag.
    """

    is_mention: bool
    is_emergency: bool
    firm: bool
    probability: float
    near_miss: bool = False


def flagged(example: Example, threshold: float) -> bool:
    """Whether the screen flags an example."""
    return example.firm or example.probability >= threshold


@dataclass(frozen=True)
class Rates:
    """What a threshold does on a split, each a share from 0 to 1.

    Attributes:
        emergencies: Present emergencies that are flagged.
        mentions: Mentions of any kind that are flagged.
        near_misses: Harmless messages that look like a red flag and are flagged.
        ordinary: Other harmless messages that are flagged.
    """

    emergencies: float
    mentions: float
    near_misses: float
    ordinary: float

    @property
    def false_alarms(self) -> float:
        """The share of harmless messages that are flagged, mixed as in the evaluation sets."""
        return NEAR_MISSES * self.near_misses + (1 - NEAR_MISSES) * self.ordinary


def rates(examples: Sequence[Example], threshold: float) -> Rates:
    """What a threshold does on a split."""

    def share(chosen: Sequence[Example]) -> float:
        return sum(flagged(example, threshold) for example in chosen) / max(1, len(chosen))

    return Rates(
        share([example for example in examples if example.is_emergency]),
        share([example for example in examples if example.is_mention]),
        share([one for one in examples if not one.is_mention and one.near_miss]),
        share([one for one in examples if not one.is_mention and not one.near_miss]),
    )


def choose_threshold(examples: Sequence[Example], most_false: float = MOST_FALSE) -> float:
    """The lowest threshold that keeps a bound on false alarms: no other misses fewer.

    Where none keeps it, because rules alone break it, the highest is taken.

    Args:
        examples: validation messages, mentions and harmless ones.
        most_false: share of harmless messages that may be flagged.

    Example:
        >>> mention = (True, True, False, 0.9)
        >>> harmless = (False, False, False, 0.2, True)
        >>> 0.2 < choose_threshold([Example(*mention), Example(*harmless)]) <= 0.9
        True
    """
    steps = [step / STEPS for step in range(1, STEPS)]
    return next(
        (step for step in steps if rates(examples, step).false_alarms <= most_false), steps[-1]
    )
