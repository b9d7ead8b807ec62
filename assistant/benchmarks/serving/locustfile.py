"""Patients that locust plays, over REST and over Socket.IO; see `load`, which runs it.

Runs in .venv-load, so it imports nothing but locust, python-socketio and the standard library. Each
patient says a message a second, and waits for the answer. A message that fails is sent again under
the same id, as every client of ours does; one that is never answered is lost.
"""

from __future__ import annotations

import itertools
import json
import os
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import gevent
import requests
import socketio
from gevent.event import Event
from locust import FastHttpUser, LoadTestShape, User, constant_pacing, events, task

from assistant.benchmarks.serving.texts import distinct_texts

SECONDS = 30.0  # for one answer
TRIES = 5
PAUSE = 0.5  # before a message is sent again
PACE = float(os.environ.get("LOAD_PACE", "1"))  # seconds from message to message
USERS, RUN_SECONDS = int(os.environ["LOAD_USERS"]), float(os.environ["LOAD_SECONDS"])
OURS = os.environ["LOAD_SERVICE"] == "ours"
SKIPPED = int(os.environ.get("LOAD_SKIP", "0"))  # texts that an earlier run has used

texts = itertools.islice(distinct_texts(), SKIPPED, None)
seconds: list[float] = []
failures: Counter[str] = Counter()
counts: Counter[str] = Counter()
busy: dict[str, float] = {}


class Patient:
    """Says one message after the other."""

    wait_time = constant_pacing(PACE)

    def say(self) -> None:
        """Says a message until it is answered, and notes how long the answer took."""
        text, message_id = next(texts), uuid.uuid4().hex
        counts["sent"] += 1
        begun = time.perf_counter()
        for _ in range(TRIES if OURS else 1):  # stock Rasa knows no ids: again would be twice
            fault = self.try_once(text, message_id)
            if fault is None:
                seconds.append(time.perf_counter() - begun)
                counts["answered"] += 1
                return
            failures[fault] += 1
            gevent.sleep(PAUSE)

    def try_once(self, text: str, message_id: str) -> str | None:
        """Sends a message; returns what went wrong, None for an answer to this message."""
        raise NotImplementedError


class Steady(LoadTestShape):
    """All patients from the beginning to the end.

    Not locust's `--run-time`: gevent counts it from when its loop last looked at the clock, and
    that was before slow imports.
    """

    def tick(self) -> tuple[int, float] | None:
        """How many there are to be; None at the end."""
        return (USERS, USERS) if self.get_run_time() < RUN_SECONDS else None


class RestPatient(Patient, FastHttpUser):
    """Over REST."""

    connection_timeout = network_timeout = SECONDS

    def on_start(self) -> None:
        """A conversation of its own."""
        self.sender = uuid.uuid4().hex

    @task
    def message(self) -> None:
        """One turn."""
        self.say()

    def try_once(self, text: str, message_id: str) -> str | None:
        """POST."""
        body: dict[str, Any] = {"sender": self.sender, "message": text}
        if OURS:
            body["metadata"] = {"message_id": message_id}
        answer = self.client.post("/webhooks/rest/webhook", json=body)
        if answer.status_code != 200:
            return f"status {answer.status_code}"
        return _fault(json.loads(answer.text), message_id)


class SocketPatient(Patient, User):
    """Over Socket.IO: our web channel's protocol, or that of Rasa's own channel."""

    def on_start(self) -> None:
        """A session, and a connection under its token."""
        self.answered = Event()
        self.socket = socketio.Client(reconnection=True, reconnection_delay=0.5)
        self.socket.on("bot_uttered", lambda _: self.answered.set())
        if not OURS:
            self.socket.connect(self.host, transports=["websocket"], wait_timeout=SECONDS)
            return
        session = requests.post(f"{self.host}/webhooks/web/session", timeout=SECONDS)
        self.socket.connect(
            self.host,
            socketio_path="/webhooks/web/socket.io",
            auth={"token": session.json()["token"]},
            transports=["websocket"],
            wait_timeout=SECONDS,
        )

    def on_stop(self) -> None:
        """Leaves."""
        self.socket.disconnect()

    @task
    def message(self) -> None:
        """One turn."""
        self.say()

    def try_once(self, text: str, message_id: str) -> str | None:
        """A call with an acknowledgement; of stock Rasa the first message that comes back."""
        try:
            if OURS:
                sent = {"message": text, "message_id": message_id}
                reply = self.socket.call("message", sent, timeout=SECONDS)
                if reply["status"] != 200:
                    return f"status {reply['status']}"
                return _fault(reply["messages"], message_id)
            self.answered.clear()
            self.socket.emit("user_uttered", {"message": text})
            return None if self.answered.wait(SECONDS) else "no answer"
        except socketio.exceptions.SocketIOError as error:
            return type(error).__name__


def _fault(reply: Any, message_id: str) -> str | None:
    if not reply:
        return "an empty reply"
    if OURS and reply[0]["custom"]["message_id"] != message_id:
        return "another message's answer"
    return None


@events.user_error.add_listener
def note(exception: Exception, **_: Any) -> None:
    """A patient who could not even connect."""
    failures[f"{type(exception).__name__} of a patient"] += 1


@events.test_start.add_listener
def begin(**_: Any) -> None:
    """The generator's own time begins to count."""
    busy.update(cpu=time.process_time(), wall=time.perf_counter())


@events.test_stop.add_listener
def write(**_: Any) -> None:
    """All that was seen, for `load` to read."""
    took = time.perf_counter() - busy["wall"]
    found = {
        **{name: counts[name] for name in ("sent", "answered")},
        "seconds": seconds,
        "failures": dict(failures),
        "took_s": took,
        "generator_cpu": (time.process_time() - busy["cpu"]) / took,
    }
    Path(os.environ["LOAD_RESULT"]).write_text(json.dumps(found))
