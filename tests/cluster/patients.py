"""Patients who write over REST, and what their replies are held to."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field

import requests

QUESTIONS = ("can I exercise?", "what is denosumab?", "is it curable?", "why am I so tired?")
RED_FLAG = "my legs have gone numb since this morning"
SECONDS = 60


def post(url: str, conversation: str, text: str, message_id: str) -> requests.Response:
    """Sends one message."""
    body = {"sender": conversation, "message": text, "metadata": {"message_id": message_id}}
    return requests.post(f"{url}/webhooks/rest/webhook", json=body, timeout=SECONDS)


def told(response: requests.Response) -> dict:
    """The object of a reply; fails where there is none, or no words."""
    assert response.status_code == 200, response.text
    messages = response.json()
    assert any(message.get("text") for message in messages), messages
    return messages[0]["custom"]


@dataclass
class Load:
    """Conversations at the same time, each one message after the other, until `stop`.

    Attributes:
        answers: Of each message, by conversation and id: its text and the reply.
        failures: What was no reply.
    """

    url: str
    conversations: int
    answers: dict[tuple[str, str], tuple[str, list]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(f"patient-{uuid.uuid4().hex[:8]}",))
            for _ in range(self.conversations)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Lets everybody end the message that they wait for."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(SECONDS * 2)

    def _write(self, conversation: str) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            text = RED_FLAG if number % 3 == 0 else QUESTIONS[number % len(QUESTIONS)]
            key = conversation, f"m{number}"
            try:
                response = post(self.url, conversation, text, key[1])
                assert told(response)["message_id"] == key[1]
                self.answers[key] = text, response.json()
            except (requests.RequestException, AssertionError, LookupError) as error:
                self.failures.append(f"{key}: {type(error).__name__}: {error}")
