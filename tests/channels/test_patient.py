"""The shared door: one reply for each message, whatever breaks behind it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
from rasa.core.channels.channel import UserMessage
from serving import ScriptedAssistant, respond

from assistant.channels import patient
from assistant.channels.incoming import Incoming, read_message
from assistant.channels.locks import ConversationLocks
from assistant.channels.output import Message
from assistant.channels.patient import PatientDoor
from assistant.escalation.health import Health
from assistant.escalation.store import default_store
from assistant.escalation.take_over import TakeOvers

NUMB = Incoming("my legs are numb", "m1")


def ask(script, incoming: Incoming = NUMB, conversation: str = "anna") -> list[Message]:
    return asyncio.run(PatientDoor("rest", script).answer(conversation, incoming))


def kinds(messages: list[Message]) -> list[str]:
    return [message["custom"]["kind"] for message in messages if "custom" in message]


def test_the_object_comes_first_and_the_text_is_one_message():
    async def script(message: UserMessage) -> None:
        await respond(message, "answer", "One.\n\n- two\n- three\n\nFour.", buttons=["More?"])

    first, second = ask(script)
    assert set(first) == {"recipient_id", "custom"}
    assert second["text"] == "One.\n\n- two\n- three\n\nFour."
    assert second["buttons"] == [{"title": "More?", "payload": "More?"}]


def test_the_assistant_gets_the_text_the_ids_and_the_channel_of_ours():
    assistant = ScriptedAssistant()
    ask(assistant)
    (seen,) = assistant.seen
    assert (seen.text, seen.sender_id, seen.message_id) == ("my legs are numb", "anna", "m1")
    assert seen.input_channel == "rest" and seen.metadata == {"message_id": "m1"}


def test_20000_characters_go_through_whole():
    assistant = ScriptedAssistant()
    ask(assistant, read_message({"message": "a" * 19_999 + "z"}, "m1"))
    assert len(assistant.seen[0].text) == 20_000


def test_of_more_than_20000_characters_the_first_are_read_and_the_reply_says_so():
    assistant = ScriptedAssistant()
    *_, last = ask(assistant, read_message({"message": "a" * 20_500}, "m1"))
    assert len(assistant.seen[0].text) == 20_000
    assert "20,500 characters" in last["text"] and "call" in last["text"]


async def _raises(_message: UserMessage) -> None:
    raise RuntimeError("broken")


async def _silent(_message: UserMessage) -> None:
    return None


async def _without_object(message: UserMessage) -> None:
    await message.output_channel.send_response("anna", {"text": "Hello."})


async def _without_text(message: UserMessage) -> None:
    await message.output_channel.send_response("anna", {"custom": {"kind": "answer"}})


async def _raises_after_an_answer(message: UserMessage) -> None:
    await respond(message, "answer", "An answer.")
    raise RuntimeError("broken")


async def _hangs(_message: UserMessage) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    "script",
    [_raises, _silent, _without_object, _without_text, _raises_after_an_answer, _hangs],
)
def test_a_failed_turn_gets_the_last_resort_and_its_red_flag_is_recorded_once(
    script, health: Health, rescue: list[str]
):
    door = PatientDoor("rest", script, turn_seconds=0.3)

    async def three_times() -> list[list[Message]]:
        return [await door.answer("anna", NUMB) for _ in range(3)]

    replies = asyncio.run(three_times())
    assert replies[0] == replies[1] == replies[2]
    assert kinds(replies[0]) == ["escalation"]
    assert replies[0][0]["custom"]["message_id"] == "m1"
    assert {message["recipient_id"] for message in replies[0]} == {"anna"}
    assert rescue == ["my legs are numb"]
    (row,) = default_store().records()
    assert (row["conversation"], row["message_id"], row["priority"]) == ("anna", "m1", "page")
    assert not health.ready["parts"]["last-turn"]["ok"]


def test_a_turn_that_raises_after_its_emergency_advice_keeps_that_advice(rescue: list[str]):
    async def script(message: UserMessage) -> None:
        await respond(message, "escalation", "Call now.", priority="page")
        raise RuntimeError("the tracker could not be saved")

    assert [message.get("text") for message in ask(script)][1] == "Call now."
    assert not rescue


def test_a_harmless_message_in_a_failed_turn_is_not_escalated():
    assert kinds(ask(_raises, Incoming("hello", "m1"))) == ["fallback"]
    assert default_store().records() == []


def test_a_later_good_turn_makes_the_process_ready_again(health: Health):
    ask(_raises)
    ask(ScriptedAssistant(), Incoming("hello", "m2"))
    assert health.ready["parts"]["last-turn"]["ok"]


@pytest.mark.parametrize("broken", [lambda text: 1 / 0, lambda text: [], lambda text: None])
def test_when_the_last_resort_fails_too_a_constant_advice_is_given_and_recorded(
    broken, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(patient, "last_resort", broken)
    messages = ask(_raises)
    assert kinds(messages) == ["escalation"]
    assert "could not be read" in messages[1]["text"] and "{" not in messages[1]["text"]
    assert [row["priority"] for row in default_store().records()] == ["page"]


def test_a_hung_last_resort_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patient, "last_resort", lambda text: time.sleep(20))
    monkeypatch.setattr(patient, "LAST_RESORT_SECONDS", 0.2)
    started = time.monotonic()
    assert kinds(ask(_raises)) == ["escalation"]
    assert time.monotonic() - started < 10


def test_a_repeated_message_is_answered_from_the_stored_reply_also_after_a_restart():
    before, after = ScriptedAssistant(), ScriptedAssistant()
    first = ask(before)
    assert ask(after) == first
    assert (len(before.seen), len(after.seen)) == (1, 0)


def test_three_copies_at_once_are_one_turn():
    async def slow(message: UserMessage) -> None:
        await asyncio.sleep(0.2)
        await respond(message, "answer", "Once.")

    assistant = ScriptedAssistant(slow)
    door = PatientDoor("rest", assistant)

    async def at_once() -> list[list[Message]]:
        return await asyncio.gather(*(door.answer("anna", NUMB) for _ in range(3)))

    replies = asyncio.run(at_once())
    assert replies[0] == replies[1] == replies[2] and len(assistant.seen) == 1


def test_other_words_under_a_used_id_are_a_message_of_their_own():
    assistant = ScriptedAssistant()
    ask(assistant, Incoming("can I exercise?", "m1"))
    ask(assistant, NUMB)
    ask(assistant, NUMB)
    assert [seen.text for seen in assistant.seen] == ["can I exercise?", "my legs are numb"]
    assert assistant.seen[0].message_id != assistant.seen[1].message_id


def test_the_same_id_in_two_conversations_is_two_messages():
    assistant = ScriptedAssistant()
    ask(assistant, NUMB, "anna")
    ask(assistant, NUMB, "ben")
    assert len(assistant.seen) == 2


def test_messages_without_an_id_are_not_stored(state: Path):
    assistant = ScriptedAssistant()
    ask(assistant, Incoming("hello"))
    ask(assistant, Incoming("hello"))
    assert len({seen.message_id for seen in assistant.seen}) == 2
    assert not (state / "replies.sqlite").exists()


def test_a_client_that_hangs_up_finds_its_reply_when_it_asks_again():
    async def slow(message: UserMessage) -> None:
        await asyncio.sleep(0.3)
        await respond(message, "answer", "Here.")

    assistant = ScriptedAssistant(slow)
    door = PatientDoor("rest", assistant)

    async def hang_up() -> list[Message]:
        first = asyncio.ensure_future(door.answer("anna", NUMB))
        await asyncio.sleep(0.1)
        first.cancel()
        return await door.answer("anna", NUMB)

    assert kinds(asyncio.run(hang_up())) == ["answer"]
    assert len(assistant.seen) == 1


def test_a_locked_reply_store_costs_the_stored_reply_and_not_the_turn(state: Path, health: Health):
    ask(ScriptedAssistant(), Incoming("hello", "m0"))
    other = sqlite3.connect(state / "replies.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert kinds(ask(ScriptedAssistant())) == ["answer"]
    assert time.monotonic() - started < 2
    assert not health.ready["parts"]["reply-store"]["ok"]
    other.execute("ROLLBACK")


def test_locks_are_forgotten_when_nobody_waits():
    locks = ConversationLocks()
    order: list[int] = []

    async def turn(number: int) -> None:
        async with locks.holding(f"c{number % 3}"):
            order.append(number)
            await asyncio.sleep(0.01)

    async def many() -> None:
        await asyncio.gather(*(turn(number) for number in range(30)))

    asyncio.run(many())
    assert len(locks) == 0
    assert [number for number in order if number % 3 == 0] == list(range(0, 30, 3))


def test_while_a_person_answers_the_assistant_is_told_and_the_patient_reads_her_lines(escalation):
    case = default_store().record(escalation(channel="rest")).case
    TakeOvers(default_store()).begin(case, "joy", "Joy")
    TakeOvers(default_store()).write(case, "joy", "Can you stand?", "form-1")
    assistant = ScriptedAssistant()
    messages = ask(assistant, Incoming("no", "m2"))
    assert assistant.seen[0].metadata == {"message_id": "m2", "answered_by_staff": "Joy"}
    assert messages[-1]["text"].endswith("Can you stand?")
    assert TakeOvers(default_store()).of_conversation("anna").patient_waits
