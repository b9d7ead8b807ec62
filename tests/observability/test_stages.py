"""Exclusive times: a nested stage counts once, and all stages together are the turn."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from assistant.observability import stages
from assistant.observability.stages import OTHER, running, stage, stopwatch


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds that pass only where a test says so."""
    now = [0.0]
    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])
    return now


def test_a_nested_stage_counts_once_and_the_sum_is_the_turn(clock):
    with stopwatch() as turn:
        clock[0] += 1
        with stage("screen"):
            clock[0] += 2
            with stage("encode"):
                clock[0] += 4
            clock[0] += 8
        clock[0] += 16
    assert turn.seconds == {OTHER: 17, "screen": 10, "encode": 4}
    assert turn.total == clock[0]


def test_the_same_stage_again_adds_up(clock):
    with stopwatch() as turn:
        for _ in range(3):
            with stage("stores"), stage("stores"):
                clock[0] += 1
    assert turn.seconds["stores"] == 3


def test_a_stage_that_raises_is_left(clock):
    with stopwatch() as turn:
        with pytest.raises(ZeroDivisionError), stage("render"):
            clock[0] += 1
            raise ZeroDivisionError
        clock[0] += 2
    assert turn.seconds == {OTHER: 2, "render": 1}


def test_a_coroutine_is_measured_while_it_waits(clock):
    @stage("stores")
    async def save() -> int:
        clock[0] += 1
        await asyncio.sleep(0)
        clock[0] += 1
        return 7

    async def turn() -> dict[str, float]:
        with stopwatch() as measured:
            # A task of its own, as `asyncio.wait_for` makes it.
            assert await asyncio.wait_for(save(), 5) == 7
        return measured.seconds

    assert asyncio.run(turn())["stores"] == 2


def test_tasks_side_by_side_leave_the_sum_right_and_no_stage_open(clock):
    async def work(name, event, other):
        with stage(name):
            clock[0] += 1
            event.set()
            await other.wait()
            clock[0] += 1

    async def turn():
        first, second = asyncio.Event(), asyncio.Event()
        with stopwatch() as measured:
            await asyncio.gather(work("stores", first, second), work("screen", second, first))
            clock[0] += 5
        return measured

    measured = asyncio.run(turn())
    assert measured.total == clock[0] and measured.seconds[OTHER] == 5


def test_turns_side_by_side_do_not_mix(clock):
    async def turn(name: str) -> set[str]:
        with stopwatch() as measured, stage(name):
            await asyncio.sleep(0)
        return set(measured.seconds)

    async def both() -> list[set[str]]:
        return list(await asyncio.gather(turn("encode"), turn("render")))

    assert asyncio.run(both()) == [{OTHER, "encode"}, {OTHER, "render"}]


def test_what_goes_on_after_the_turn_no_longer_counts(clock):
    async def turn():
        async def late():
            with stage("stores"):
                clock[0] += 1
                await asyncio.sleep(0)
                clock[0] += 100

        with stopwatch() as measured:
            task = asyncio.ensure_future(late())
            await asyncio.sleep(0)
        await task
        return measured

    assert asyncio.run(turn()).total == 1


def test_outside_a_turn_nothing_is_measured_and_values_pass_through():
    @stage("encode")
    def double(number: int, *, plus: int = 0) -> int:
        assert running() is None
        return 2 * number + plus

    assert double(4, plus=1) == 9


def test_a_decorated_function_keeps_its_signature():
    @stage("retrieve")
    def read(text: str, tracker: int | None = None) -> str:
        return text

    assert list(inspect.signature(read).parameters) == ["text", "tracker"]


def test_an_unknown_stage_is_refused_with_those_that_are_allowed():
    with pytest.raises(ValueError, match="stage 'encoding': allowed are wait, encode"):
        stage("encoding")


def test_a_turn_knows_its_kind_wherever_it_is_noted():
    def note() -> None:
        running().kind = "answer"

    with stopwatch() as turn:
        note()
    assert turn.kind == "answer" and running() is None
