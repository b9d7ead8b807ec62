"""The web channel over Socket.IO, held by python-socketio's own client."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import socketio
from serving import ScriptedAssistant, respond, serving
from waiting import until

from assistant.channels.sessions import Sessions
from assistant.channels.web import WebInput
from assistant.escalation.cases import CaseBook
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import default_store
from assistant.escalation.take_over import TakeOvers
from assistant.secret import site_secret

PATH = "/webhooks/web/socket.io"


@pytest.fixture
def connect(server) -> Iterator[Callable[..., socketio.Client]]:
    """Connects: `connect(token, transport="polling")`; `.said` are the server's own events."""
    clients, refusals = [], []

    def open_(
        token: object, transport: str = "websocket", url: str = server.url, **headers: str
    ) -> socketio.Client:
        client = socketio.Client(reconnection=False)
        client.said = []
        client.on("connect_error", lambda why: refusals.append(why))
        client.on("*", lambda event, content: client.said.append((event, content)))
        clients.append(client)
        client.connect(
            url,
            socketio_path=PATH,
            auth=None if token is None else {"token": token},
            transports=[transport],
            headers=headers,
            wait_timeout=10,
        )
        return client

    open_.refusals = refusals
    yield open_
    for client in clients:
        client.eio.disconnect(abort=True)  # without waiting for the end of a long poll


def new_token(url: str) -> str:
    return requests.post(f"{url}/webhooks/web/session", timeout=60).json()["token"]


def test_npms_client_holds_the_same_conversation(server, assistant: ScriptedAssistant):
    client = Path(__file__).parent.with_name("node") / "socket_client.mjs"
    done = subprocess.run(
        ["node", client, server.url, new_token(server.url)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}; scripts/node-packages installs what it needs"
    said = json.loads(done.stdout)
    first, again = said["answers"]
    assert first["status"] == 200 and first["messages"][0]["custom"]["kind"] == "answer"
    assert again == first and len(assistant.seen) == 1
    assert [turn["message_id"] for turn in said["missed"]["turns"]] == ["m1"]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_another_client_holds_a_conversation_by_the_protocol(
    server, connect, assistant: ScriptedAssistant, transport: str
):
    client = connect(new_token(server.url), transport)
    sent = {"message": "hello", "message_id": "m1"}
    first = client.call("message", sent, timeout=60)
    assert first["status"] == 200 and first["messages"][0]["custom"]["kind"] == "answer"
    assert client.call("message", sent, timeout=60) == first  # however often it arrives
    assert len(assistant.seen) == 1
    assert ("received", {"message_id": "m1"}) in client.said
    resumed = client.call("resume", {"turns": 0, "notices": 0}, timeout=60)
    assert [turn["text"] for turn in resumed["turns"]] == ["hello"]
    assert resumed["turns"][0]["turn"] == first["turn"]
    assert client.call("resume", {"turns": first["turn"]}, timeout=60)["turns"] == []
    rated = client.call("rating", {"message_id": "m1", "helpful": True}, timeout=60)
    assert rated == {"status": 200, "messages": []}


def test_a_nurses_line_is_pushed_to_its_conversation_and_to_no_other(server, connect):
    mine, other = new_token(server.url), new_token(server.url)
    conversation = Sessions(site_secret(), 60).conversation(mine)
    case = default_store().record(Escalation(conversation, "m1", "web", "page", "emergency", []))
    patient, stranger = connect(mine), connect(other)
    TakeOvers(default_store()).begin(case.case, "joy", "Joy")
    TakeOvers(default_store()).write(case.case, "joy", "<script>alert(1)</script>", "form-1")

    def lines() -> list[str]:
        told = [content for event, content in patient.said if event == "notices"]
        return [
            notice["text"] for one in told for notice in one["notices"] if notice["kind"] == "staff"
        ]

    until(lambda: "<script>alert(1)</script>" in lines(), "the line")
    assert stranger.said == []
    assert CaseBook(default_store()).open_cases()


@pytest.mark.parametrize("token", [None, "", "web-guessed", "IndlYi1hIg.ZZZZ.forged", 7, {"a": 1}])
def test_a_missing_or_forged_token_gets_no_connection(
    connect, token: object, assistant: ScriptedAssistant
):
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(token)
    assert [why["data"]["status"] for why in connect.refusals] == [401]  # then a page begins anew
    assert assistant.seen == []


def test_a_token_that_has_expired_gets_nothing_more(connect, assistant: ScriptedAssistant):
    with serving([WebInput.from_credentials({"session_hours": 2 / 3600})], assistant) as running:
        token = new_token(running.url)
        client = connect(token, url=running.url)
        until(
            lambda: client.call("resume", {}, timeout=60)["status"] == 401, "the end of the session"
        )
        reply = client.call("message", {"message": "hi", "message_id": "m1"}, timeout=60)
        assert reply["status"] == 401 and assistant.seen == []
        with pytest.raises(socketio.exceptions.ConnectionError):
            connect(token, url=running.url)


def test_a_strangers_session_id_gets_nothing(server, connect):
    mine = connect(new_token(server.url))
    mine.call("message", {"message": "hello", "message_id": "m1"}, timeout=60)
    stranger = connect(new_token(server.url))
    conversation = Sessions(site_secret(), 60).conversation(new_token(server.url))
    asked = {"turns": 0, "session_id": conversation, "conversation": conversation}
    assert stranger.call("resume", asked, timeout=60)["turns"] == []
    rated = stranger.call("rating", {"message_id": "m1", "helpful": True}, timeout=60)
    assert rated["status"] == 404
    # Even the transport's own id of another's connection leads nowhere without its token.
    address = f"{server.url}{PATH}/?EIO=4&transport=polling&sid={mine.eio.sid}"
    assert requests.get(address, timeout=60).status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_foreign_origin_gets_no_connection(server, connect, origin: str):
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(new_token(server.url), "polling", Origin=origin)
    # A browser's WebSocket names its page likewise; the library would add an origin of its own.
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Origin": origin,
    }
    address = f"{server.url}{PATH}/?EIO=4&transport=websocket"
    assert requests.get(address, headers=handshake, timeout=60).status_code == 403


@pytest.mark.parametrize("body", [None, "hi", ["hi"], {}, {"message": 7, "message_id": "m"}])
def test_a_body_that_cannot_be_used_is_refused(server, connect, body: object):
    client = connect(new_token(server.url))
    assert client.call("message", body, timeout=60)["status"] == 400


def test_a_megabyte_ends_the_connection_and_the_server_goes_on(server, connect, assistant):
    client = connect(new_token(server.url))
    client.emit("message", {"message": "a" * 2**20, "message_id": "m1"})
    until(lambda: not client.connected, "the end of the connection")
    assert assistant.seen == []
    again = connect(new_token(server.url))
    assert (
        again.call("message", {"message": "b" * 25_000, "message_id": "m2"}, timeout=60)["status"]
        == 200
    )
    assert len(assistant.seen[0].text) == 20_000


def test_10000_messages_leave_others_served_and_their_red_flags_answered(
    server, connect, assistant: ScriptedAssistant
):
    async def script(message) -> None:
        kind = "escalation" if "numb" in message.text else "answer"
        await respond(message, kind, "Call 999 now.", priority="page" if kind != "answer" else None)

    assistant.script = script
    token = new_token(server.url)
    flood, other = connect(token), connect(new_token(server.url))
    replies: list[int] = []
    for number in range(10_000):
        flood.emit(
            "message",
            {"message": "hello", "message_id": f"m{number}"},
            callback=lambda reply: replies.append(reply["status"]),
        )
    urgent = {"message": "my legs have gone numb since last night", "message_id": "m-urgent"}
    reply = other.call("message", urgent, timeout=60)
    assert reply["messages"][0]["custom"]["kind"] == "escalation"
    again = connect(token)
    mine = again.call("message", {**urgent, "message_id": "m-mine"}, timeout=60)
    assert mine["messages"][0]["custom"]["kind"] == "escalation"
    until(lambda: 429 in replies, "a refusal")
    assert len(assistant.seen) < 200
