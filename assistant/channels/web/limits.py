"""How much one session and one address may ask for: a bucket of tokens for each."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 20_000
MINUTE = 60.0


class RateLimit:
    """So many a minute for each key, and so many at once.

    Args:
        per_minute: How many.
        clock: Seconds that only grow.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_until_free(self, key: str) -> float:
        """Takes one if there is one.

        Returns:
            0.0 where it was taken, else after how many seconds there will be one.
        """
        left, at = self._buckets.pop(key, (self._most, self._clock()))
        now = self._clock()
        left = min(self._most, left + (now - at) * self._most / MINUTE)
        free = left >= 1.0
        self._buckets[key] = (left - 1.0 if free else left, now)
        if len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)  # the one that was seen longest ago
        return 0.0 if free else (1.0 - left) * MINUTE / self._most
