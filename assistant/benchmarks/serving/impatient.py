"""A patient who types on without waiting for answers: where stock Rasa's locks fail.

Who waits for Rasa's lock looks once a second whether it is free, and gives up after sixty seconds.
A turn that awaits something, such as an action server, lets the next message of its conversation
come to the lock: from then on about one a second gets through, however fast a turn is, and what
waits longer is lost (RasaHQ/rasa#7921, of its Socket.IO channel at three messages a second).
"""

from __future__ import annotations

import itertools
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import requests
import socketio

from assistant.benchmarks.serving.last_resorts import LastResorts
from assistant.benchmarks.serving.service import Service
from assistant.benchmarks.serving.services import Ours

SECONDS_TO_CONNECT = 30
SECONDS_BETWEEN_LOOKS = 0.5


def type_on(
    service: Service, texts: Iterator[str], messages: int, lines: int, patience: float
) -> dict[str, Any]:
    """Sends messages of one conversation over Socket.IO: some lines at once, each second.

    Args:
        service: Running; ours or the stock bot.
        texts: Distinct ones.
        messages: How many.
        lines: How many of them at once.
        patience: Seconds that answers are waited for after the last message.

    Returns:
        How many were sent, answered and lost, and the seconds from the first message to the last
        answer.
    """
    client, failed = socketio.Client(reconnection=False), LastResorts(service.metrics_urls)
    say, count_answered = (_ours if isinstance(service, Ours) else _stock)(client, service)
    begun = time.perf_counter()
    for number, text in enumerate(itertools.islice(texts, messages)):
        if number % lines == 0:
            time.sleep(max(0.0, begun + number / lines - time.perf_counter()))
        say(text)
    answered, at = count_answered(), time.perf_counter()
    deadline = at + patience
    while answered < messages and time.perf_counter() < deadline:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        now = count_answered()
        if now > answered:
            answered, at = now, time.perf_counter()
    client.disconnect()
    answered = max(0, answered - failed.count())
    return {
        "sent": messages,
        "lines": lines,
        "answered": answered,
        "lost": messages - answered,
        "seconds": at - begun,
    }


Ways = tuple[Callable[[str], None], Callable[[], int]]


def _ours(client: socketio.Client, service: Service) -> Ways:
    """Each message has an acknowledgement, which is its answer."""
    session = requests.post(f"{service.url}/webhooks/web/session", timeout=SECONDS_TO_CONNECT)
    client.connect(
        service.url,
        socketio_path="/webhooks/web/socket.io",
        auth={"token": session.json()["token"]},
        transports=["websocket"],
        wait_timeout=SECONDS_TO_CONNECT,
    )
    answered: set[str] = set()

    def say(text: str) -> None:
        message_id = uuid.uuid4().hex

        def note(reply: dict[str, Any]) -> None:
            if service.answers(reply.get("messages"), message_id):
                answered.add(message_id)

        client.emit("message", {"message": text, "message_id": message_id}, callback=note)

    return say, lambda: len(answered)


def _stock(client: socketio.Client, service: Service) -> Ways:
    """Its answers name no message: those that its tracker store holds are counted."""
    client.connect(service.url, transports=["websocket"], wait_timeout=SECONDS_TO_CONNECT)
    conversation = client.get_sid()

    def say(text: str) -> None:
        client.emit("user_uttered", {"message": text})

    return say, lambda: answered_turns(service.folder / "tracker.sqlite", conversation)


def answered_turns(tracker: Path, conversation: str) -> int:
    """How many messages of a conversation have an answer in Rasa's tracker store.

    A message whose action failed is stored as well, but no word of the bot's comes after it.
    """
    with closing(sqlite3.connect(tracker)) as connection:
        events = connection.execute(
            "select type_name from events where type_name in ('user', 'bot') and sender_id = ? "
            "order by id",
            [conversation],
        ).fetchall()
    said = [name for (name,) in events]
    return sum(pair == ("user", "bot") for pair in itertools.pairwise(said))
