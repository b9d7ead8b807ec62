"""Where a turn ends: what was not served is queued, and ratings are taken."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
import requests
from rasa.core.channels.channel import UserMessage
from serving import ScriptedAssistant, respond

from assistant.channels.incoming import Incoming
from assistant.channels.patient import PatientDoor
from assistant.learning import turns
from assistant.learning.queue import default_queue


async def script(message: UserMessage) -> None:
    text = message.text or ""
    if "numb" in text:
        await respond(message, "escalation", "Call now.", red_flags=[{"category": "x"}])
    elif "skydive" in text:
        await respond(message, "fallback", "I have no answer.")
    else:
        await respond(message, "answer", "Yes.", faq=[{"id": "exercise", "score": 0.9}])


async def _raises(_message: UserMessage) -> None:
    raise RuntimeError("broken")


def queued() -> list[tuple[str, str]]:
    turns._writer.submit(lambda: None).result(timeout=60)
    return [(message.text, message.reason) for message in default_queue().waiting()]


def converse(*texts: str, handler=script) -> None:
    door = PatientDoor("rest", handler)

    async def one_by_one() -> None:
        for number, text in enumerate(texts):
            assert await door.answer("anna", Incoming(text, f"m{number}"))

    asyncio.run(one_by_one())


def test_an_unanswered_message_is_queued_once_also_when_it_is_sent_again():
    door = PatientDoor("rest", script)

    async def twice() -> None:
        for _ in range(2):
            await door.answer("anna", Incoming("can I skydive?", "m1"))

    asyncio.run(twice())
    assert queued() == [("can I skydive?", "unanswered")]
    assert default_queue().waiting()[0].times == 1


def test_a_rejected_answer_is_queued():
    converse("can I swim?", "no, that's not what I asked")
    assert queued() == [("can I swim?", "rejected")]


def test_a_message_with_a_red_flag_is_not_queued():
    converse("my legs are numb, can I skydive?", "no, that's not what I asked")
    assert queued() == []


def test_a_turn_that_failed_is_no_unanswered_question():
    converse("can I surf?", handler=_raises)
    assert queued() == []


@pytest.mark.parametrize("broken", ["garbage", "locked", "folder"])
def test_a_broken_queue_costs_the_turn_nothing(state: Path, broken: str):
    state.mkdir(exist_ok=True)
    file = state / "review.sqlite"
    other = None
    if broken == "garbage":
        file.write_bytes(b"no database" * 200)
    elif broken == "folder":
        file.mkdir()
    else:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    converse("can I skydive?", "can I skydive now?")
    assert time.monotonic() - started < 2
    if other:
        other.execute("ROLLBACK")
    turns._writer.submit(lambda: None).result(timeout=60)


@pytest.fixture
def web(server, assistant: ScriptedAssistant):
    """A browser-like client of the page, in a session."""
    assistant.script = script
    client = requests.Session()
    client.base = f"{server.url}/webhooks/web"
    client.headers.update({"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
    begin(client)
    return client


def begin(client: requests.Session) -> None:
    reply = client.post(f"{client.base}/session", headers={"Authorization": ""}, timeout=60)
    client.headers["Authorization"] = f"Bearer {reply.json()['token']}"


def rate(web, body: object, **options) -> requests.Response:
    return web.post(f"{web.base}/rating", json=body, timeout=60, **options)


def say(web, text: str, message_id: str) -> None:
    body = {"message": text, "message_id": message_id}
    web.post(f"{web.base}/message", json=body, timeout=60)


def test_an_answer_that_did_not_help_is_queued(web):
    say(web, "can I swim?", "m1")
    say(web, "can I walk?", "m2")
    assert rate(web, {"message_id": "m2", "helpful": True}).status_code == 200
    assert rate(web, {"message_id": "m1", "helpful": False}).status_code == 200
    assert queued() == [("can I swim?", "badly-rated")]
    assert default_queue().waiting()[0].entries == [{"id": "exercise", "score": 0.9}]


def test_only_ones_own_messages_can_be_rated(web):
    say(web, "can I swim?", "m1")
    begin(web)
    reply = rate(web, {"message_id": "m1", "helpful": False})
    assert reply.status_code == 404 and "of an answer" in reply.json()["allowed"]
    web.headers["Authorization"] = ""
    assert rate(web, {"message_id": "m1", "helpful": False}).status_code == 401
    assert queued() == []


def test_another_page_cannot_rate(web):
    say(web, "can I swim?", "m1")
    headers = {"Origin": "https://evil.example"}
    body = {"message_id": "m1", "helpful": False}
    assert rate(web, body, headers=headers).status_code == 403
    assert queued() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message_id": "m1"},
        {"message_id": "m1", "helpful": "no"},
        {"message_id": "m1", "helpful": 0},
        {"message_id": 7, "helpful": False},
        {"helpful": False},
        [],
    ],
)
def test_ratings_that_cannot_be_used(web, body: object):
    say(web, "can I swim?", "m1")
    reply = rate(web, body)
    assert reply.status_code == 400 and set(reply.json()) == {
        "status",
        "error",
        "given",
        "allowed",
        "do",
    }
    assert queued() == []
