"""Rasa's lock store of the cluster: the same locks as our channels', see `shared_locks`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockStore
from rasa.utils.endpoints import EndpointConfig

from assistant.channels.shared_locks import shared_locks


class SharedLockStore(LockStore):
    """Named in `endpoints.cluster.yml`, with `url:` of Redis.

    A turn of our channels holds its conversation already and passes; Rasa's own connectors
    (Twilio, Teams) get their lock here.
    """

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        super().__init__()
        self._locks = shared_locks(str(endpoint_config.url))

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = 1,
    ) -> AsyncIterator[TicketLock]:
        """Holds a conversation; lifetime and waiting are those of `shared_locks`."""
        async with self._locks.holding(conversation_id):
            yield TicketLock(conversation_id)
