"""What many times come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Percentiles of a turn, in milliseconds.

    Attributes:
        turns: How many were timed.
        p50: Half of them took at most so long; likewise `p95` and `p99`.
    """

    turns: int
    p50: float
    p95: float
    p99: float


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank).

    Args:
        values: At least one, in any order.
        share: From 0 to 1.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    if not values:
        raise ValueError("no value is given; a percentile is of at least one")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summarise(seconds: Sequence[float]) -> Summary:
    """The percentiles of some turns.

    Args:
        seconds: Of each, at least one.
    """
    p50, p95, p99 = (1000 * percentile(seconds, share) for share in (0.5, 0.95, 0.99))
    return Summary(len(seconds), p50, p95, p99)
