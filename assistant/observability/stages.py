"""Where the time of a turn goes: exclusive times of its stages, which add up to the turn.

Domain code says what it does, `with stage("encode"):` or `@stage("encode")`; outside a turn that
costs next to nothing and counts nothing.
"""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Literal, TypeVar, get_args

Stage = Literal["wait", "encode", "screen", "retrieve", "policies", "stores", "render"]
STAGES: tuple[str, ...] = get_args(Stage)
OTHER = "other"  # what no stage claims: Rasa's own work between them

F = TypeVar("F", bound=Callable[..., Any])


class Stopwatch:
    """The time of one turn: at each moment one stage runs, the one that was entered last.

    Two tasks of a turn may be in stages at once; the sum of all stages is the turn all the same.

    Attributes:
        seconds: By stage; empty until the turn has ended.
        kind: Of the turn, once it is known.
    """

    __slots__ = ("_charged", "_current", "_since", "_stack", "kind", "seconds")

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.kind: str | None = None
        self._charged: defaultdict[str, float] = defaultdict(float)
        self._stack: list[list[str]] = []  # each entry an object of its own
        self._current = OTHER
        self._since = perf_counter()

    @property
    def total(self) -> float:
        """Seconds of all stages together."""
        return sum(self.seconds.values())

    def enter(self, name: str) -> list[str]:
        """From now on the time is this stage's; returns what `leave` takes."""
        now = perf_counter()
        self._charged[self._current] += now - self._since
        self._since = now
        entered = [name]
        self._stack.append(entered)
        self._current = name
        return entered

    def leave(self, entered: list[str]) -> None:
        """From now on the time is the stage's around it."""
        now = perf_counter()
        self._charged[self._current] += now - self._since
        self._since = now
        stack = self._stack
        if stack[-1] is entered:
            stack.pop()
        else:  # another task of the turn is in a stage
            stack[:] = [one for one in stack if one is not entered]
        self._current = stack[-1][0] if stack else OTHER

    def stop(self) -> None:
        """Ends the turn; what goes on in the background no longer counts."""
        self._charged[self._current] += perf_counter() - self._since
        self.seconds = dict(self._charged)


_stopwatch: ContextVar[Stopwatch | None] = ContextVar("stopwatch", default=None)


class stage:  # noqa: N801 - reads as a statement, like contextlib's
    """A stage of a turn, as a context or as a decorator of a function or coroutine function.

    One nested in another counts once: the outer one stands still meanwhile.

    Args:
        name: One of `STAGES`.

    Raises:
        ValueError: If there is no such stage.

    >>> with stopwatch() as measured:
    ...     with stage("screen"), stage("encode"):
    ...         pass
    >>> sorted(measured.seconds)
    ['encode', 'other', 'screen']
    """

    __slots__ = ("_entered", "_name", "_stopwatch")

    def __init__(self, name: Stage) -> None:
        if name not in STAGES:
            raise ValueError(f"stage {name!r}: allowed are {', '.join(STAGES)}")
        self._name = name

    def __enter__(self) -> None:
        self._stopwatch = _stopwatch.get()
        if self._stopwatch is not None:
            self._entered = self._stopwatch.enter(self._name)

    def __exit__(self, *_: object) -> None:
        if self._stopwatch is not None:
            self._stopwatch.leave(self._entered)

    def __call__(self, function: F) -> F:
        """Makes a function a stage."""
        name = self._name
        if asyncio.iscoroutinefunction(function):

            @functools.wraps(function)
            async def measure_coroutine(*args: Any, **kwargs: Any) -> Any:
                turn = _stopwatch.get()
                if turn is None:
                    return await function(*args, **kwargs)
                entered = turn.enter(name)
                try:
                    return await function(*args, **kwargs)
                finally:
                    turn.leave(entered)

            return measure_coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def measure(*args: Any, **kwargs: Any) -> Any:
            turn = _stopwatch.get()
            if turn is None:
                return function(*args, **kwargs)
            entered = turn.enter(name)
            try:
                return function(*args, **kwargs)
            finally:
                turn.leave(entered)

        return measure  # type: ignore[return-value]


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measures a turn: the stages that are entered inside, by whatever it calls and awaits."""
    measured = Stopwatch()
    token = _stopwatch.set(measured)
    try:
        yield measured
    finally:
        measured.stop()
        _stopwatch.reset(token)


def running() -> Stopwatch | None:
    """The stopwatch of the turn that is under way here, None outside a turn."""
    return _stopwatch.get()
