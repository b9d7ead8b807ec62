"""How fast the red-flag screen is."""

from __future__ import annotations

import statistics
import time

from assistant.red_flags import RedFlagScreen

SCREEN_BARS = {40: 5, 3_000: 80, 20_000: 300}  # characters -> milliseconds
SCREEN_REPEATS, LONG_REPEATS = 30, 8


def screen_milliseconds(screen: RedFlagScreen, stories: str, characters: int) -> float:
    """The median time that the screen takes for a text of a length, in milliseconds.

    Args:
        screen: With both layers.
        stories: Text to cut pieces from; each time another: nothing comes out of a cache.
        characters: Of a piece.
    """
    times = []
    for number in range(SCREEN_REPEATS if characters < max(SCREEN_BARS) else LONG_REPEATS):
        begin = number * 97
        piece = (stories * 3)[begin : begin + characters]
        begun = time.perf_counter()
        screen.screen(piece)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000
