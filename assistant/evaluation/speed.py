"""How fast the red-flag screen is."""

from __future__ import annotations

import statistics
import time

from assistant.encoder import Encoder
from assistant.red_flags import RedFlagScreen

SCREEN_BARS = {40: 5, 3_000: 80, 20_000: 300}  # characters -> milliseconds
SCREEN_REPEATS, LONG_REPEATS = 30, 8


def screen_milliseconds(screen: RedFlagScreen, stories: str, characters: int) -> float:
    """The median time that the screen takes for a text of a length, in milliseconds.

    The encoders forget what they read before each piece, for the pieces overlap; what is kept of
    single words (their spelling, their stems) stays, as it does in a server.

    Args:
        screen: With both layers.
        stories: Text to cut pieces from, each time another.
        characters: Of a piece.
    """
    times = []
    for number in range(SCREEN_REPEATS if characters < max(SCREEN_BARS) else LONG_REPEATS):
        begin = number * 97
        piece = (stories * 3)[begin : begin + characters]
        Encoder.forget_all()
        begun = time.perf_counter()
        screen.screen(piece)
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000
