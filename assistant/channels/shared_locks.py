"""One lock for each conversation in all replicas: redis-py's, kept alive while a turn runs.

Rasa's own `RedisLockStore` reads, changes and writes its queue of tickets in three steps, so two
replicas can draw the same ticket; its client blocks the event loop for up to ten seconds when Redis
hangs, and the ticket of a replica that was killed stands for a minute.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from assistant.channels.locks import ConversationLocks
from assistant.observability.stages import stage
from assistant.profile import read_profile

logger = logging.getLogger(__name__)

PREFIX = "assistant:conversation:"
SECONDS_OF_A_LOCK = 4.0  # after a replica was killed, its conversations wait so long
SECONDS_BETWEEN_RENEWALS = 1.0
SECONDS_BETWEEN_TRIES = 0.03
SECONDS_FOR_REDIS = 0.5
SECONDS_WITHOUT_REDIS = 2.0  # after a fault: a Redis that hangs must not cost each turn its wait

# Of a turn, in all its tasks: by whose locks it holds what.
_held: ContextVar[frozenset[tuple[int, str]]] = ContextVar("held", default=frozenset())


class SharedLocks:
    """Like `ConversationLocks`, for all replicas.

    Without Redis the locks of this process alone are left, and turns go on: what is promised once
    for a message id (one reply, one record) is kept by the database.

    Args:
        url: Of Redis.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = ConversationLocks()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._redis: Redis
        self._without_until = 0.0
        self.fault: str | None = None

    @asynccontextmanager
    async def holding(self, conversation: str) -> AsyncIterator[None]:
        """Waits for the conversation and holds it; whoever holds it already passes."""
        mine = id(self), conversation
        if mine in _held.get():
            yield
            return
        async with self._local.holding(conversation):  # here they keep the order of arrival
            token = _held.set(_held.get() | {mine})
            lock = await self._acquire(conversation)
            over = asyncio.Event()
            renewing = asyncio.ensure_future(self._renew(lock, over)) if lock is not None else None
            try:
                yield
            finally:
                _held.reset(token)
                if lock is not None and renewing is not None:
                    over.set()
                    await renewing
                    await self._release(lock)

    async def check(self) -> str | None:
        """What is wrong with Redis, or None."""
        try:
            await self._client().ping()
        except (RedisError, OSError) as error:
            self._failed(error)
        else:
            self.fault, self._without_until = None, 0.0
        return self.fault

    def __len__(self) -> int:
        return len(self._local)

    @stage("wait")
    async def _acquire(self, conversation: str) -> Lock | None:
        """The lock, when it is free; None where Redis cannot be asked."""
        if time.monotonic() < self._without_until:
            return None
        lock = self._client().lock(
            PREFIX + conversation, timeout=SECONDS_OF_A_LOCK, thread_local=False
        )
        try:
            # A cancelled turn leaves at once, though redis-py's client may lose a cancellation; a
            # lock that its last try still gets is not renewed, so it runs out.
            while not await asyncio.shield(lock.acquire(blocking=False)):  # noqa: ASYNC110
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        except (RedisError, OSError) as error:
            self._failed(error)
            return None
        self.fault = None
        return lock  # type: ignore[no-any-return]

    async def _renew(self, lock: Lock, over: asyncio.Event) -> None:
        """Renews until an event ends it: a cancellation may be lost in redis-py's client."""
        while not over.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(over.wait(), SECONDS_BETWEEN_RENEWALS)
                return
            try:
                await lock.reacquire()
            except LockError:
                logger.warning("A conversation's lock ran out before its turn ended.")
                return
            except (RedisError, OSError) as error:
                self._failed(error)

    async def _release(self, lock: Lock) -> None:
        try:
            await lock.release()
        except LockError:
            return  # it ran out, and says so above
        except (RedisError, OSError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if self.fault is None:
            logger.error("Redis fails, each replica locks for itself: %s", type(error).__name__)
        self.fault = f"{type(error).__name__}: {error}"
        self._without_until = time.monotonic() + SECONDS_WITHOUT_REDIS

    def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # its connections belong to one event loop
            self._redis = Redis.from_url(
                self._url,
                socket_timeout=SECONDS_FOR_REDIS,
                socket_connect_timeout=SECONDS_FOR_REDIS,
            )
            self._loop = loop
        return self._redis


def conversation_locks() -> ConversationLocks | SharedLocks:
    """The locks that the profile asks for: of each channel, or one for all replicas."""
    redis = read_profile().redis
    return ConversationLocks() if redis is None else shared_locks(redis)


@lru_cache(maxsize=4)
def shared_locks(url: str) -> SharedLocks:
    """The one of this process."""
    return SharedLocks(url)
