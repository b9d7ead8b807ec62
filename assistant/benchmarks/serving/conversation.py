"""What a long conversation costs: its late turns beside early turns of fresh ones."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from assistant.benchmarks.serving.client import Client
from assistant.benchmarks.serving.last_resorts import LastResorts
from assistant.benchmarks.serving.service import Service
from assistant.benchmarks.serving.summary import percentile

EARLY = 5


async def early_and_late(
    service: Service, texts: Iterator[str], late: int, pairs: int
) -> dict[str, Any]:
    """Brings one conversation to its late turns, then times it and fresh ones alternately.

    Args:
        service: Running.
        texts: Distinct ones.
        late: The turn around which the long conversation is timed.
        pairs: How many late turns, and as many fifth turns, are timed.

    Returns:
        Medians in milliseconds, their ratio, and the median of each tenth of the long
        conversation on its way.
    """
    long = uuid.uuid4().hex
    way: list[float] = []
    lates: list[float] = []
    earlies: list[float] = []
    unanswered, failed = 0, LastResorts(service.metrics_urls)
    async with Client() as client:
        for text in itertools.islice(texts, late - pairs // 2 - 1):
            answer = await client.ask(service, long, text)
            way.append(answer.seconds)
            unanswered += not answer.answered
        for _ in range(pairs):
            fresh = uuid.uuid4().hex
            for text in itertools.islice(texts, EARLY - 1):
                unanswered += not (await client.ask(service, fresh, text)).answered
            for conversation, times in ((fresh, earlies), (long, lates)):
                answer = await client.ask(service, conversation, next(texts))
                times.append(answer.seconds)
                unanswered += not answer.answered
    early_ms, late_ms = (1000 * percentile(times, 0.5) for times in (earlies, lates))
    tenth = max(1, len(way) // 10)
    return {
        "late": late,
        "early_ms": early_ms,
        "late_ms": late_ms,
        "ratio": late_ms / early_ms,
        "unanswered": unanswered + failed.count(),
        "way": [
            [begin + tenth // 2, 1000 * percentile(way[begin : begin + tenth], 0.5)]
            for begin in range(0, len(way) - tenth + 1, tenth)
        ],
    }
