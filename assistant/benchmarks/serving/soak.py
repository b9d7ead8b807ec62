"""A long run over many conversations: what grows, what slows down, what gets lost."""

from __future__ import annotations

import asyncio
import itertools
import math
import sqlite3
import statistics
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.benchmarks.serving.client import Answer, Client
from assistant.benchmarks.serving.last_resorts import LastResorts
from assistant.benchmarks.serving.processes import use_of
from assistant.benchmarks.serving.service import Service, ServiceError
from assistant.benchmarks.serving.summary import summarise
from assistant.benchmarks.serving.texts import QUESTIONS, RED_FLAGS, distinct_texts

AT_ONCE = 8
WINDOWS = 50
RED_FLAG_EVERY = 20  # messages
SECONDS_TO_RECORD, SECONDS_BETWEEN_LOOKS = 60.0, 0.5
# The caches of encoded texts fill up to a bound on the way.
MEMORY_GROWTH, P99_GROWTH, MORE_HANDLES = 1.25, 1.5, 16
# The beginning and the end are compared, and the screen is judged in each.
FIFTHS, LEAST_OF_A_FIFTH = 5, 2
MISSED, FALSE_ALARMS = 0.05, 0.10


@dataclass(frozen=True)
class Window:
    """Some turns in a row, and what the server used at their end.

    Attributes:
        turns: Answered since the beginning.
        seconds: Since the beginning.
        p50: Of the window's turns, in milliseconds; likewise `p99`.
        rss_mb: Of server and worker; likewise the other counts.
        server_cpu: Cores that they used in the window.
        generator_cpu: Cores that the generator used.
    """

    turns: int
    seconds: float
    p50: float
    p99: float
    rss_mb: float
    handles: int
    connections: int
    threads: int
    server_cpu: float
    generator_cpu: float


@dataclass
class Soaked:
    """What a soak saw.

    Attributes:
        wanted: How many turns it was to have.
        conversations: How many it began.
        answered: Turns that were answered; likewise `lost`.
        failed: Of those answered, turns that got the last resort; NaN where the server does not
            tell.
        escalations: Answers of kind "escalation", as (conversation, message id).
        screened: Of each turn, whether its message mentions a red flag, and whether it came to an
            escalation.
        windows: In their order.
    """

    wanted: int
    conversations: int = 0
    answered: int = 0
    lost: int = 0
    failed: float = 0
    escalations: list[tuple[str, str]] = field(default_factory=list)
    screened: list[tuple[bool, bool]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)


@dataclass(frozen=True)
class Criterion:
    """Something that must hold: what, what was found, and what is allowed at the most."""

    what: str
    found: float
    most: float

    @property
    def met(self) -> bool:
        """Whether it holds."""
        return self.found <= self.most


async def soak(
    service: Service,
    turns: int,
    conversations: int,
    say: Callable[[Window], None] = lambda _: None,
    ended: Callable[[], bool] = lambda: False,
) -> Soaked:
    """Asks, in some conversations side by side, until all turns are done or it is ended.

    Args:
        service: Running.
        turns: In all, shared out over the conversations.
        conversations: How many.
        say: Is told each window.
        ended: Whether to end before the next turn.
    """
    seen, texts = Soaked(turns), mixed_texts()
    waiting = iter(_shares(turns, conversations))
    failed, window = LastResorts(service.metrics_urls), _Window(service, max(1, turns // WINDOWS))
    async with Client() as client:

        async def converse() -> None:
            for share in waiting:
                conversation = uuid.uuid4().hex
                seen.conversations += 1
                for _ in range(share):
                    if ended():
                        return
                    text, flagged = next(texts)
                    answer = await client.ask(service, conversation, text)
                    _note(seen, answer, flagged)
                    if (whole := window.add(answer, seen.answered + seen.lost)) is not None:
                        seen.windows.append(whole)
                        say(whole)

        await asyncio.gather(*(converse() for _ in range(min(AT_ONCE, conversations))))
    try:
        seen.failed = failed.count()
    except ServiceError:  # it has ended, say: what was seen until then is reported all the same
        seen.failed = math.nan
    return seen


class _Window:
    """Collects turns until they are a window."""

    def __init__(self, service: Service, size: int) -> None:
        self._service, self._size = service, size
        self._begun = self._at = time.perf_counter()
        self._cpu, self._own = use_of(service.roots).cpu_s, time.process_time()
        self._times: list[float] = []

    def add(self, answer: Answer, turns: int) -> Window | None:
        """Adds a turn; returns the window that it completes, if it does."""
        self._times.append(answer.seconds)
        if len(self._times) < self._size:
            return None
        now, own, use = time.perf_counter(), time.process_time(), use_of(self._service.roots)
        summary, took = summarise(self._times), now - self._at
        whole = Window(
            turns=turns,
            seconds=now - self._begun,
            p50=summary.p50,
            p99=summary.p99,
            rss_mb=use.rss_mb,
            handles=use.handles,
            connections=use.connections,
            threads=use.threads,
            server_cpu=(use.cpu_s - self._cpu) / took,
            generator_cpu=(own - self._own) / took,
        )
        self._at, self._cpu, self._own, self._times = now, use.cpu_s, own, []
        return whole


def criteria(seen: Soaked, recorded: set[tuple[str, str]]) -> list[Criterion]:
    """What must hold after a soak; what compares windows needs ten of them, or does not hold.

    The second fifth of the windows stands for the beginning: in the first the caches fill.

    Args:
        seen: By the generator.
        recorded: Escalations that the store holds, as (conversation, message id).
    """
    found = [
        Criterion("turns not asked", seen.wanted - seen.answered - seen.lost, 0),
        Criterion("turns without an answer", seen.lost, 0),
        Criterion("turns that failed as a whole", seen.failed, 0),
        Criterion("escalations that the store lacks", len({*seen.escalations} - recorded), 0),
        Criterion("red flags not escalated, share in the worst fifth", _worst(seen, True), MISSED),
        Criterion("others escalated, share in the worst fifth", _worst(seen, False), FALSE_ALARMS),
    ]
    fifth = len(seen.windows) // FIFTHS
    if fifth < LEAST_OF_A_FIFTH:
        lacking = FIFTHS * LEAST_OF_A_FIFTH - len(seen.windows)
        return [*found, Criterion("windows too few to be compared", lacking, 0)]
    early, late = seen.windows[fifth : 2 * fifth], seen.windows[-fifth:]
    growth = [
        ("memory, last fifth / second fifth", lambda one: one.rss_mb, MEMORY_GROWTH),
        ("p99, last fifth / second fifth", lambda one: one.p99, P99_GROWTH),
    ]
    more = [
        ("file handles, more in the last fifth than in the second", lambda one: one.handles),
        ("connections, more in the last fifth than in the second", lambda one: one.connections),
    ]
    return [
        *found,
        *(
            Criterion(what, _ratio(_median(late, of), _median(early, of)), most)
            for what, of, most in growth
        ),
        *(
            Criterion(what, _median(late, of) - _median(early, of), MORE_HANDLES)
            for what, of in more
        ),
    ]


def recorded_escalations(store: Path, wanted: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """What a SQLite store of escalations holds, as (conversation, message id).

    Args:
        store: Its file.
        wanted: Waited for: on a busy machine a record may stand in the emergency journal first.
    """
    deadline = time.monotonic() + SECONDS_TO_RECORD
    while True:
        with closing(sqlite3.connect(store)) as connection:
            held = {*connection.execute("select conversation, message_id from escalation")}
        if held.issuperset(wanted) or time.monotonic() > deadline:
            return held
        time.sleep(SECONDS_BETWEEN_LOOKS)


def report(seen: Soaked, judged: Sequence[Criterion]) -> dict[str, Any]:
    """All of it, for a file."""
    return {
        "wanted": seen.wanted,
        "answered": seen.answered,
        "lost": seen.lost,
        "failed": seen.failed,
        "conversations": seen.conversations,
        "escalations": len(seen.escalations),
        "windows": [asdict(one) for one in seen.windows],
        "criteria": [{**asdict(one), "met": one.met} for one in judged],
    }


def mixed_texts() -> Iterator[tuple[str, bool]]:
    """Distinct messages, and whether they mention a red flag: one in twenty does."""
    questions, red_flags = distinct_texts(QUESTIONS), distinct_texts(RED_FLAGS)
    for number in itertools.count(1):
        flagged = number % RED_FLAG_EVERY == 0
        yield next(red_flags if flagged else questions), flagged


def _shares(turns: int, conversations: int) -> list[int]:
    least, more = divmod(turns, conversations)
    return [least + (number < more) for number in range(conversations)]


def _worst(seen: Soaked, flagged: bool) -> float:
    """The greatest share of a fifth of the turns that the screen read wrongly.

    Args:
        seen: By the generator.
        flagged: Whether those that mention a red flag are looked at, or the others.
    """
    turns, shares = len(seen.screened), [0.0]
    for number in range(FIFTHS):
        part = seen.screened[number * turns // FIFTHS : (number + 1) * turns // FIFTHS]
        escalated = [raised for mentions, raised in part if mentions == flagged]
        if escalated:
            shares.append(sum(raised != flagged for raised in escalated) / len(escalated))
    return max(shares)


def _note(seen: Soaked, answer: Answer, flagged: bool) -> None:
    if answer.answered:
        seen.answered += 1
    else:
        seen.lost += 1
    seen.screened.append((flagged, answer.kind == "escalation"))
    if answer.kind == "escalation":
        seen.escalations.append((answer.conversation, answer.message_id))


def _ratio(late: float, early: float) -> float:
    """NaN, which meets no criterion, where a server that had ended used nothing."""
    return late / early if early else math.nan


def _median(windows: Sequence[Window], of: Callable[[Window], float]) -> float:
    return statistics.median(of(one) for one in windows)
