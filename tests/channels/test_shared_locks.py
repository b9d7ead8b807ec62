"""Locks of several replicas, on a real Redis: each `SharedLocks` stands for a process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.core.lock_store import RedisLockStore
from rasa.utils.endpoints import EndpointConfig

from assistant.channels import shared_locks as module
from assistant.channels.lock_store import SharedLockStore
from assistant.channels.shared_locks import SharedLocks
from assistant.cluster.stores import OwnRedis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.program.stop()


async def overlaps(replicas: list, times: int = 20) -> int:
    """How often somebody came into the one conversation while another was inside."""
    inside, seen = 0, 0

    async def turns(replica: SharedLocks) -> None:
        nonlocal inside, seen
        for _ in range(times):
            async with replica.holding("anna"):
                inside += 1
                seen += inside > 1
                await asyncio.sleep(0.001)
                inside -= 1

    await asyncio.gather(*(turns(replica) for replica in replicas))
    return seen


async def test_one_message_of_a_conversation_at_a_time_in_all_replicas(redis: OwnRedis):
    assert await overlaps([SharedLocks(redis.url) for _ in range(3)]) == 0


async def test_other_conversations_do_not_wait(redis: OwnRedis):
    one, other = SharedLocks(redis.url), SharedLocks(redis.url)
    async with one.holding("anna"):
        await asyncio.wait_for(_pass(other, "ben"), 5)


async def test_rasa_passes_where_the_channel_holds_the_conversation(redis: OwnRedis, monkeypatch):
    locks = SharedLocks(redis.url)
    monkeypatch.setattr("assistant.channels.lock_store.shared_locks", lambda url: locks)
    store = SharedLockStore(EndpointConfig(url=redis.url))

    async def turn() -> None:
        async with store.lock("anna"):
            pass

    async with locks.holding("anna"):
        # As a turn runs: in a task of its own, under its deadline.
        await asyncio.wait_for(asyncio.ensure_future(turn()), 5)
    async with SharedLocks(redis.url).holding("ben"):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_in(store, "ben"), 0.3)


async def test_lock_of_a_turn_that_takes_longer_than_a_lock_stands(redis: OwnRedis, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_OF_A_LOCK", 0.6)
    monkeypatch.setattr(module, "SECONDS_BETWEEN_RENEWALS", 0.1)
    one, other = SharedLocks(redis.url), SharedLocks(redis.url)
    async with one.holding("anna"):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(_pass(other, "anna"), 1.5)
    await asyncio.wait_for(_pass(other, "anna"), 5)


async def test_conversation_of_a_killed_replica_is_free_after_a_while(redis: OwnRedis, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_OF_A_LOCK", 0.5)
    killed = SharedLocks(redis.url)
    assert await killed._acquire("anna") is not None  # and nobody renews or releases it
    await asyncio.wait_for(_pass(SharedLocks(redis.url), "anna"), 10)


async def test_without_redis_each_replica_keeps_its_own_order(tmp_path: Path):
    server = OwnRedis(tmp_path)
    server.start()
    locks = SharedLocks(server.url)
    await _pass(locks, "anna")
    server.program.kill()
    order = []

    async def turn(number: int) -> None:
        async with locks.holding("anna"):
            await asyncio.sleep(0.001)
            order.append(number)

    await asyncio.gather(*(turn(number) for number in range(10)))
    assert order == [*range(10)] and "Connection" in (locks.fault or "")
    assert await locks.check() is not None
    server.start()
    try:
        assert await locks.check() is None
        assert await locks._acquire("anna") is not None
    finally:
        server.program.stop()


async def test_redis_that_dies_while_a_turn_runs_costs_the_turn_nothing(tmp_path: Path):
    server = OwnRedis(tmp_path)
    server.start()
    locks = SharedLocks(server.url)
    async with locks.holding("anna"):
        server.program.kill()
    assert len(locks) == 0 and locks.fault is not None


async def test_a_redis_that_is_gone_is_not_asked_at_each_turn(tmp_path: Path):
    server = OwnRedis(tmp_path)
    locks = SharedLocks(server.url)
    await _pass(locks, "anna")
    assert locks._without_until > time.monotonic()


async def test_rasas_own_store_lets_two_replicas_in_at_once(redis: OwnRedis):
    """Why it is not used: reading and writing its queue of tickets are two steps."""
    host, port, word = "127.0.0.1", redis.url.rpartition(":")[2].split("/")[0], redis.url[9:41]
    one, other = (RedisLockStore(host, int(port), password=word) for _ in range(2))
    drawn = one.get_or_create_lock("anna"), other.get_or_create_lock("anna")
    tickets = [lock.issue_ticket(60) for lock in drawn]
    for store, lock in zip((one, other), drawn, strict=True):
        store.save_lock(lock)
    assert tickets == [0, 0]


async def _pass(locks: SharedLocks, conversation: str) -> None:
    async with locks.holding(conversation):
        pass


async def _in(store: SharedLockStore, conversation: str) -> None:
    async with store.lock(conversation):
        pass
