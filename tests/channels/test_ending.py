"""A server that is told to end: the turns under way are recorded and answered first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import socketio
from serving import free_port
from waiting import until

from assistant.channels.sessions import Sessions
from assistant.escalation.replies import default_replies
from assistant.escalation.store import default_store
from assistant.secret import site_secret

PATH = "/webhooks/web/socket.io"
NUMB = {"message": "my legs are numb", "message_id": "m1"}


@pytest.fixture
def slow(state: Path) -> Iterator[SimpleNamespace]:
    """A server whose turns take two seconds, with `url`, `process` and `begun`."""
    state.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("slow_server.py"), str(port)],
        cwd=Path(__file__).parents[2],
    )
    try:
        until(lambda: _is_up(url), "the server")
        yield SimpleNamespace(url=url, process=process, begun=(state / "begun").exists)
    finally:
        process.kill()
        process.wait()


def _is_up(url: str) -> bool:
    try:
        return requests.get(f"{url}/webhooks/web/health", timeout=60).ok
    except requests.ConnectionError:
        return False


def token(url: str) -> str:
    return requests.post(f"{url}/webhooks/web/session", timeout=60).json()["token"]


def recorded(conversation: str) -> list[str]:
    return [
        row["message_id"]
        for row in default_store().records()
        if row["conversation"] == conversation
    ]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_turn_over_a_socket_is_recorded_and_answered_before_the_end(slow, transport: str):
    mine, said = token(slow.url), []
    client = socketio.Client(reconnection=False)
    client.connect(
        slow.url, socketio_path=PATH, auth={"token": mine}, transports=[transport], wait_timeout=60
    )
    try:
        client.emit("message", NUMB, callback=said.append)
        until(slow.begun, "the turn")
        slow.process.terminate()
        assert slow.process.wait(timeout=60) == 0
        until(lambda: said, "the reply", 10)
    finally:
        client.eio.disconnect(abort=True)
    assert said[0]["messages"][0]["custom"]["kind"] == "escalation"
    conversation = Sessions(site_secret(), 60).conversation(mine)
    assert recorded(conversation) == ["m1"]
    assert default_replies().get(conversation, "m1").messages == said[0]["messages"]


def test_a_turn_whose_client_hung_up_is_recorded_before_the_end(slow):
    body = {"sender": "anna", "message": NUMB["message"], "metadata": {"message_id": "m1"}}
    with pytest.raises(requests.Timeout):
        requests.post(f"{slow.url}/webhooks/rest/webhook", json=body, timeout=1)
    assert slow.begun()
    slow.process.terminate()
    assert slow.process.wait(timeout=60) == 0
    assert recorded("anna") == ["m1"] and default_replies().get("anna", "m1") is not None


def test_a_page_between_two_polls_does_not_break_the_end(slow):
    opened = requests.get(
        f"{slow.url}{PATH}/", params={"EIO": 4, "transport": "polling"}, timeout=60
    )
    assert opened.status_code == 200
    slow.process.terminate()
    assert slow.process.wait(timeout=60) == 0


def test_who_waits_for_a_reply_over_http_has_as_long_as_a_turn_takes(server):
    assert server.app.config.GRACEFUL_SHUTDOWN_TIMEOUT == 25
