"""Lets turns through, and holds them for the moment in which the model is exchanged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TurnGate:
    """Many turns at a time, or one exchange without any: a turn never sees two models."""

    def __init__(self) -> None:
        self._turns = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._open = asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds the gate open for one turn; waits while it is closed."""
        while not self._open.is_set():
            await self._open.wait()
        self._turns += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._turns -= 1
            if not self._turns:
                self._idle.set()

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
            await asyncio.wait_for(self._idle.wait(), seconds)
            yield
        finally:
            self._open.set()
