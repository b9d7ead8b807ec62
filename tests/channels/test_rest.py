"""The REST channel over HTTP."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from serving import ScriptedAssistant


@pytest.fixture
def post(server):
    def send(body: object = None, **options):
        address = f"{server.url}/webhooks/rest/webhook"
        return requests.post(address, json=body, timeout=60, **options)

    return send


def test_a_message_gets_rasas_shape(post, assistant: ScriptedAssistant):
    reply = post({"sender": "anna", "message": "hello", "metadata": {"message_id": "m1"}})
    assert reply.status_code == 200
    custom, text = reply.json()
    assert custom["recipient_id"] == "anna" and custom["custom"]["kind"] == "answer"
    assert text == {"recipient_id": "anna", "text": "You wrote 5 characters."}
    assert assistant.seen[0].message_id == "m1"


def test_the_channel_that_a_client_gives_itself_is_ignored(post, assistant: ScriptedAssistant):
    post({"sender": "anna", "message": "hi", "input_channel": "cmdline"})
    assert assistant.seen[0].input_channel == "rest"


def test_only_the_message_id_of_the_metadata_is_taken(post, assistant: ScriptedAssistant):
    post({"sender": "a", "message": "hi", "metadata": {"message_id": "m1", "role": "staff"}})
    assert assistant.seen[0].metadata == {"message_id": "m1"}


def test_a_slash_command_is_read_as_words(post, assistant: ScriptedAssistant):
    post({"sender": "anna", "message": "/restart my legs are numb"})
    assert assistant.seen[0].text == "restart my legs are numb"


@pytest.mark.parametrize("message", ["", "   ", "\n", "/", "\x00", "🤕", "a" * 20_000])
def test_odd_messages_get_a_reply(post, message: str):
    reply = post({"sender": "anna", "message": message})
    assert reply.status_code == 200 and len(reply.json()) >= 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"sender": "anna"},
        {"sender": "anna", "message": 7},
        {"sender": "anna", "message": None},
        {"sender": 7, "message": "hi"},
        {"sender": "", "message": "hi"},
        {"sender": "a" * 201, "message": "hi"},
        {"sender": "web-guessed", "message": "hi"},
        {"sender": "anna", "message": "hi", "metadata": "x"},
        {"sender": "anna", "message": "hi", "metadata": {"message_id": 7}},
        {"sender": "anna", "message": "hi", "metadata": {"message_id": "a" * 201}},
    ],
)
def test_what_cannot_be_used_is_refused_clearly(post, assistant: ScriptedAssistant, body: object):
    reply = post(body)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "given", "allowed", "do"}
    assert assistant.seen == []


@pytest.mark.parametrize(
    "data, headers, status",
    [
        (b"\xff\xfe crimson teapot", {}, 400),
        (b"\xff\xfe", {"Content-Type": "application/json"}, 400),
        (b"crimson teapot", {"Content-Type": "application/json"}, 400),
        (b"<message/>", {"Content-Type": "application/xml"}, 415),
        (b'{"message": "hi"}', {"Content-Type": "text/plain", "Origin": "https://evil"}, 415),
        (json.dumps({"message": "a" * 3_000_000}).encode(), {}, 413),
    ],
)
def test_bodies_that_cannot_be_read(server, data: bytes, headers: dict, status: int):
    address = f"{server.url}/webhooks/rest/webhook"
    reply = requests.post(address, data=data, headers=headers, timeout=60)
    assert reply.status_code == status and reply.json()["do"]
    assert "teapot" not in reply.text


def test_streaming_is_refused_clearly(server):
    address = f"{server.url}/webhooks/rest/webhook?stream=true"
    reply = requests.post(address, json={"sender": "a", "message": "hi"}, timeout=60)
    assert reply.status_code == 400 and "Streaming" in reply.json()["error"]


def test_without_a_sender_nobody_shares_a_conversation(post, assistant: ScriptedAssistant):
    first, second = post({"message": "hi"}), post({"message": "hi"})
    assert first.json()[0]["recipient_id"] != second.json()[0]["recipient_id"]


def test_the_same_id_three_times_at_once_is_one_turn(post, assistant: ScriptedAssistant):
    body = {"sender": "anna", "message": "hello", "metadata": {"message_id": "m1"}}
    with ThreadPoolExecutor(3) as pool:
        replies = [reply.json() for reply in pool.map(lambda _: post(body), range(3))]
    assert replies[0] == replies[1] == replies[2] and len(assistant.seen) == 1


def test_health(server):
    assert requests.get(f"{server.url}/webhooks/rest/", timeout=60).json() == {"status": "ok"}


def test_a_client_that_goes_away_harms_nobody(server, post, assistant: ScriptedAssistant):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /webhooks/rest/webhook HTTP/1.1\r\nContent-Length: 900\r\n\r\n{")
    assert post({"sender": "anna", "message": "hello"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer s3cret"}, 200),
    ],
)
def test_token_that_the_site_set_is_asked_for(post, monkeypatch, headers, status):
    monkeypatch.setenv("ASSISTANT_TOKEN", "s3cret")
    reply = post({"sender": "anna", "message": "hi"}, headers=headers)
    assert reply.status_code == status
    assert "s3cret" not in reply.text
