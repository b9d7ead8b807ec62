"""What measuring costs: `python -m assistant.observability` prints nanoseconds of each part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from statistics import median
from time import thread_time_ns
from typing import Any

from assistant.observability.metrics import measured, note_turn
from assistant.observability.stages import STAGES, stage, stopwatch

ROUNDS, CALLS, TURNS = 15, 2_000, 100
STAGES_OF_A_TURN = 24  # of turns in a server: 17 for a greeting, 33 with a red flag and two answers


def _nothing() -> None:
    pass


_decorated = stage("encode")(_nothing)


class _Door:
    channel = "rest"

    @measured
    async def answer(self) -> None:
        note_turn([{"custom": {"kind": "answer"}}])
        for number in range(STAGES_OF_A_TURN):
            with stage(STAGES[number % len(STAGES)]):  # type: ignore[arg-type]
                pass


def _nanoseconds(call: Callable[[], Any]) -> float:
    began = thread_time_ns()
    for _ in range(CALLS):
        call()
    return (thread_time_ns() - began) / CALLS


def main() -> None:
    """Measures the thread's own time, case by case in each round, and prints medians."""
    door = _Door()

    def turns() -> float:
        async def have_many() -> float:
            began = thread_time_ns()
            for _ in range(TURNS):
                await door.answer()
            return (thread_time_ns() - began) / TURNS

        return asyncio.run(have_many())

    def in_a_turn(call: Callable[[], Any]) -> float:
        with stopwatch():
            return _nanoseconds(call)

    cases: dict[str, Callable[[], float]] = {
        "a call": lambda: _nanoseconds(_nothing),
        "the call as a stage, outside a turn": lambda: _nanoseconds(_decorated),
        "the call as a stage, in a turn": lambda: in_a_turn(_decorated),
        f"a turn with {STAGES_OF_A_TURN} stages, counted": turns,
    }
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, measure in cases.items():
            found[name].append(measure())
    for name, values in found.items():
        print(f"{name:40} {median(values):12,.0f} ns")


if __name__ == "__main__":
    main()
