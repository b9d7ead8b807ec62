"""How fast and how big a bot is, started as a site starts it and asked over REST."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
import requests

from assistant.red_flags import RedFlagScreen
from assistant.serve import Server

SEQUENTIAL = 150
CONCURRENT, WORKERS = 200, 4
WARM_UP = 10
SECONDS = 60  # for one answer
SCREEN_BARS = {40: 5, 3_000: 80, 20_000: 300}  # characters -> milliseconds
SCREEN_REPEATS, LONG_REPEATS = 30, 8


@dataclass(frozen=True)
class Speed:
    """What was measured of one server.

    Attributes:
        start_s: From starting the process to its first answer, seconds.
        memory_mb: Resident after the load, megabytes.
        p50_ms: A turn, distinct texts, one after the other, milliseconds.
        p95_ms: Likewise.
        turns_per_s: Distinct texts in conversations side by side.
    """

    start_s: float
    memory_mb: float
    p50_ms: float
    p95_ms: float
    turns_per_s: float


def measure_speed(model: Path, texts: Sequence[str], state: Path, port: int) -> Speed:
    """Starts a server on a model, and asks it distinct texts.

    Args:
        model: The model archive.
        texts: At least WARM_UP + SEQUENTIAL + CONCURRENT of them.
        state: Empty folder for what the server writes.
        port: A free port.
    """
    needed = WARM_UP + SEQUENTIAL + CONCURRENT
    if len(set(texts)) < needed:
        raise ValueError(f"{len(set(texts))} distinct texts given, {needed} are needed")
    distinct = list(dict.fromkeys(texts))
    begun = time.perf_counter()
    environment = {"ASSISTANT_STATE": str(state), "TRACKER_DB": str(state / "tracker.sqlite")}
    with Server(model, port=port, environment=environment, log=state / "server.log") as server:
        address = f"{server.url}/webhooks/rest/webhook"
        _ask(address, distinct[0])
        start = time.perf_counter() - begun
        for text in distinct[1:WARM_UP]:
            _ask(address, text)
        sequential = distinct[WARM_UP : WARM_UP + SEQUENTIAL]
        times = sorted(_ask(address, text) for text in sequential)
        at_once = distinct[WARM_UP + SEQUENTIAL : needed]
        begun = time.perf_counter()
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda text: _ask(address, text), at_once))
        rate = CONCURRENT / (time.perf_counter() - begun)
        assert server.process is not None
        memory = psutil.Process(server.process.pid).memory_info().rss / 2**20
    return Speed(
        start, memory, statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000, rate
    )


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


def _ask(address: str, text: str) -> float:
    """Asks in a conversation of its own; returns the seconds.

    Raises:
        RuntimeError: If the answer is no 200, or is empty.
    """
    begun = time.perf_counter()
    answer = requests.post(address, json={"sender": uuid4().hex, "message": text}, timeout=SECONDS)
    seconds = time.perf_counter() - begun
    if answer.status_code != 200 or not answer.json():
        raise RuntimeError(
            f"{address} answered {answer.status_code} with {len(answer.content)} bytes"
        )
    return seconds
