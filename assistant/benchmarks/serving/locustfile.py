"""Patients that locust plays, over REST and over Socket.IO; see `load`, which runs it.

Runs in .venv-load, so it imports nothing but locust, python-socketio and the standard library. Each
patient says a message a second, and waits for the answer, with one patience whoever is asked. A
message that fails is sent again under the same id, as every client of ours does; one that is not
answered by then is lost.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
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

from assistant.benchmarks.serving.replies import has_text, is_turn
from assistant.benchmarks.serving.texts import distinct_texts

PATIENCE = float(os.environ["LOAD_PATIENCE"])  # for an answer, all tries of a message together
SECONDS = 30.0  # for one try, where there may be another
PAUSE = 0.5  # before a message is sent again
QUIET = 0.05  # after the last bubble of a turn of stock Rasa, which does not say that it ends
PACE = float(os.environ.get("LOAD_PACE", "1"))  # seconds from message to message
USERS, RUN_SECONDS = int(os.environ["LOAD_USERS"]), float(os.environ["LOAD_SECONDS"])
OURS = os.environ["LOAD_SERVICE"] == "ours"
MARK = os.environ["LOAD_MARK"]  # said where the time of the load begins and ends
SKIPPED = int(os.environ.get("LOAD_SKIP", "0"))  # texts that an earlier run has used

texts = itertools.islice(distinct_texts(), SKIPPED, None)
seconds: list[float] = []
failures: Counter[str] = Counter()
counts: Counter[str] = Counter()
busy: dict[str, float] = {}
within: dict[str, float] = {}  # the time of the load, without that of the last answers


class UnansweredError(Exception):
    """A try came to nothing; the message says why."""


class Patient:
    """Says one message after the other."""

    wait_time = constant_pacing(PACE)

    def on_start(self) -> None:
        """Arrives; who cannot counts as one who said something and was not answered."""
        try:
            self.arrive()
        except Exception as error:
            note(error)
            counts["sent"] += 1
            raise  # locust drops the patient

    def say(self) -> None:
        """Says a message until it is answered, and notes how long the answer took."""
        text, message_id = next(texts), uuid.uuid4().hex
        counts["sent"] += 1
        begun = time.perf_counter()
        while (left := begun + PATIENCE - time.perf_counter()) > 0:
            try:
                # Not gevent's own error, which locust's client takes for a failure of the server's.
                late = UnansweredError("no answer")
                with gevent.Timeout(min(left, SECONDS) if OURS else left, late):
                    seconds.append(self.try_once(text, message_id) - begun)
                counts["answered"] += 1
                return
            except UnansweredError as fault:
                failures[str(fault)] += 1
            if not OURS:  # stock Rasa knows no ids: again would be twice
                return
            gevent.sleep(PAUSE)

    def arrive(self) -> None:
        """What comes before the first message."""
        raise NotImplementedError

    def try_once(self, text: str, message_id: str) -> float:
        """Sends a message; returns when the answer to it was there, by `time.perf_counter`.

        Raises:
            UnansweredError: If none comes.
        """
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

    connection_timeout = network_timeout = PATIENCE

    def arrive(self) -> None:
        """A conversation of its own."""
        self.sender = uuid.uuid4().hex

    @task
    def message(self) -> None:
        """One turn."""
        self.say()

    def try_once(self, text: str, message_id: str) -> float:
        """POST."""
        body: dict[str, Any] = {"sender": self.sender, "message": text}
        if OURS:
            body["metadata"] = {"message_id": message_id}
        answer = self.client.post("/webhooks/rest/webhook", json=body)
        at = time.perf_counter()
        if answer.status_code != 200:
            raise UnansweredError(f"status {answer.status_code}")
        _check(json.loads(answer.text), message_id)
        return at


class SocketPatient(Patient, User):
    """Over Socket.IO: our web channel's protocol, or that of Rasa's own channel."""

    def arrive(self) -> None:
        """A session, and a connection under its token."""
        self.heard, self.heard_at = Event(), 0.0
        self.socket = socketio.Client(reconnection=True, reconnection_delay=0.5)
        self.socket.on("bot_uttered", self.hear)
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

    def hear(self, _: Any) -> None:
        """A bubble of stock Rasa."""
        self.heard_at = time.perf_counter()
        self.heard.set()

    def try_once(self, text: str, message_id: str) -> float:
        """A call with an acknowledgement; of stock Rasa all bubbles, until they pause."""
        try:
            if not OURS:
                return self.hear_out(text)
            sent = {"message": text, "message_id": message_id}
            reply = self.socket.call("message", sent, timeout=PATIENCE)
        except socketio.exceptions.SocketIOError as error:
            raise UnansweredError(type(error).__name__) from error
        at = time.perf_counter()
        if reply["status"] != 200:
            raise UnansweredError(f"status {reply['status']}")
        _check(reply["messages"], message_id)
        return at

    def hear_out(self, text: str) -> float:
        """Says a message to stock Rasa; returns when the last bubble of its turn came."""
        self.heard.clear()  # a straggler is no answer to what is said now
        self.socket.emit("user_uttered", {"message": text})
        self.heard.wait()
        while (left := self.heard_at + QUIET - time.perf_counter()) > 0:
            gevent.sleep(left)
        return self.heard_at


def _tell() -> None:
    sys.stdout.write(f"{MARK}\n")
    sys.stdout.flush()


def _check(reply: Any, message_id: str) -> None:
    if not has_text(reply):
        raise UnansweredError("a reply without text")
    if OURS and not is_turn(reply, message_id):
        raise UnansweredError("another message's answer")


@events.user_error.add_listener
def note(exception: Exception, **_: Any) -> None:
    """A patient who met what nobody foresaw, or could not even connect."""
    failures[f"{type(exception).__name__} of a patient"] += 1


@events.test_start.add_listener
def begin(**_: Any) -> None:
    """The generator's own time begins to count, and `load` is to look at the server's."""
    busy.update(cpu=time.process_time(), wall=time.perf_counter())
    _tell()


@events.test_stopping.add_listener
def end(**_: Any) -> None:
    """It ends: what is answered from now on does not belong to its rate."""
    _tell()
    took = time.perf_counter() - busy["wall"]
    within.update(
        answered_in_time=counts["answered"],
        took_s=took,
        generator_cpu=(time.process_time() - busy["cpu"]) / took,
    )


@events.test_stop.add_listener
def write(**_: Any) -> None:
    """All that was seen, for `load` to read."""
    found = {
        **{name: counts[name] for name in ("sent", "answered")},
        **within,
        "seconds": seconds,
        "failures": dict(failures),
    }
    Path(os.environ["LOAD_RESULT"]).write_text(json.dumps(found))
