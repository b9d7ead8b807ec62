"""The gate: turns go through together, an exchange has it to itself."""

import asyncio

import pytest

from assistant.channels.gate import TurnGate
from assistant.channels.incoming import read_message
from assistant.channels.patient import PatientDoor


async def test_turns_go_through_side_by_side():
    gate = TurnGate()
    inside = 0

    async def turn():
        nonlocal inside
        async with gate.turn():
            inside += 1
            await asyncio.sleep(0.05)
            return inside

    assert await asyncio.gather(turn(), turn()) == [2, 2]


async def test_exchange_waits_for_turns_and_holds_new_ones():
    gate, happened = TurnGate(), []

    async def turn(name, seconds):
        async with gate.turn():
            await asyncio.sleep(seconds)
            happened.append(name)

    first = asyncio.create_task(turn("first", 0.1))
    await asyncio.sleep(0)

    async def exchange():
        async with gate.closed(1):
            happened.append("exchange")

    exchanging = asyncio.create_task(exchange())
    await asyncio.sleep(0.02)
    second = asyncio.create_task(turn("second", 0))
    await asyncio.gather(first, exchanging, second)
    assert happened == ["first", "exchange", "second"]


async def test_turn_that_takes_too_long_stops_the_exchange_and_nothing_else():
    gate = TurnGate()
    async with gate.turn():
        with pytest.raises(asyncio.TimeoutError):
            async with gate.closed(0.02):
                raise AssertionError("entered beside a turn")
    async with gate.turn():
        pass


async def test_exchange_that_hangs_leaves_the_patient_with_the_last_resort():
    async def never(_):
        raise AssertionError("the turn went through a closed gate")

    door = PatientDoor("web", never, turn_seconds=0.2)
    async with door._gate.closed(1):
        reply = await door.answer("c", read_message({"message": "my legs have gone numb"}, None))
    assert reply[0]["custom"]["kind"] == "escalation"
    assert "emergency number" in "".join(message.get("text", "") for message in reply)


async def test_failed_turn_and_failed_exchange_leave_the_gate_open():
    gate = TurnGate()
    with pytest.raises(ValueError, match="turn"):
        async with gate.turn():
            raise ValueError("turn")
    with pytest.raises(ValueError, match="exchange"):
        async with gate.closed(1):
            raise ValueError("exchange")
    async with gate.turn():
        pass
