"""Knows what is under way: for an end in order, and for the exchange of the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager


class UnderWay:
    """Counts what is under way, so that somebody can wait until nothing is."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Counts one more for as long as it lasts."""
        self._count += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._idle.set()

    async def over(self, seconds: float) -> None:
        """Waits for a moment in which nothing is under way.

        Raises:
            asyncio.TimeoutError: If there is none within `seconds`.
        """
        await asyncio.wait_for(self._idle.wait(), seconds)


class TurnGate:
    """Many turns at a time, or one exchange without any: a turn never sees two models."""

    def __init__(self) -> None:
        self._turns = UnderWay()
        self._open = asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds the gate open for one turn; waits while it is closed."""
        while not self._open.is_set():
            await self._open.wait()
        with self._turns.one():
            yield

    @asynccontextmanager
    async def closed(self, seconds: float) -> AsyncIterator[None]:
        """Closes the gate: new turns wait, those under way end first.

        Args:
            seconds: How long to wait for the turns under way.

        Raises:
            asyncio.TimeoutError: If one of them takes longer; the gate is open again.
        """
        self._open.clear()
        try:
            await self._turns.over(seconds)
            yield
        finally:
            self._open.set()
