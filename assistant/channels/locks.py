"""One lock for each conversation that is being answered, and none for the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from assistant.observability.stages import stage


@dataclass
class _Lock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class ConversationLocks:
    """Lets one message of a conversation through at a time, in the order of arrival."""

    def __init__(self) -> None:
        self._locks: dict[str, _Lock] = {}

    @asynccontextmanager
    async def holding(self, conversation: str) -> AsyncIterator[None]:
        """Waits for the conversation and holds it."""
        entry = self._locks.setdefault(conversation, _Lock())
        entry.users += 1
        try:
            with stage("wait"):
                await entry.lock.acquire()
            try:
                yield
            finally:
                entry.lock.release()
        finally:
            entry.users -= 1
            if not entry.users:
                del self._locks[conversation]

    def __len__(self) -> int:
        return len(self._locks)
