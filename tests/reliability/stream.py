"""Patients who write red flags and try again by message id, and staff who acknowledge."""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Sequence

import requests
from receiver import Receiver
from sites import Site

TEXTS = (
    "my legs have gone numb since last night",
    "I cannot pass water since this morning",
    "I have sudden terrible back pain and cannot walk",
)
PATIENTS = 3
PAUSE = 0.1
TWICE = 0.2  # share of messages that a nervous client sends twice at once


class Stream:
    """Sends messages until it is stopped, each in a conversation of its own.

    Attributes:
        sent: When each message was sent first, by its id; seconds of `time.time`.
        answered: When its first answer came, by its id.
        replies: All replies, by message id.
    """

    def __init__(self, site: Site, patients: int = PATIENTS) -> None:
        self._site = site
        self.sent: dict[str, float] = {}
        self.answered: dict[str, float] = {}
        self.replies: dict[str, list[list[dict]]] = {}
        self.tries = 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(patients)]
        [thread.start() for thread in self._threads]

    def stop(self) -> None:
        """Ends the stream when each message that was sent has its answer."""
        self._stopping.set()
        [thread.join() for thread in self._threads]

    def _write(self) -> None:
        while not self._stopping.is_set():
            message_id = uuid.uuid4().hex
            self.sent[message_id] = time.time()
            self.replies[message_id] = []
            text = random.choice(TEXTS)
            if random.random() < TWICE:
                second = threading.Thread(target=self._insist, args=(message_id, text))
                second.start()
                self._insist(message_id, text)
                second.join()
            else:
                self._insist(message_id, text)
            time.sleep(PAUSE)

    def _insist(self, message_id: str, text: str) -> None:
        """Sends a message until it is answered, always under its id."""
        while True:
            self.tries += 1
            try:
                reply = self._site.say(f"c-{message_id}", message_id, text)
            except requests.RequestException:
                time.sleep(0.2)
                continue
            self.replies[message_id].append(reply)
            self.answered.setdefault(message_id, time.time())
            return


class Staff:
    """Opens the link of each notification and acknowledges, again until it is confirmed.

    Attributes:
        acknowledged: Keys of notifications whose acknowledgement was confirmed.
    """

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self._receivers = receivers
        self.acknowledged: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        """Ends when everything that arrived is acknowledged."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            waiting = [
                (key, one["link"])
                for receiver in self._receivers
                for key, one in list(receiver.acted.items())
                if key not in self.acknowledged
            ]
            if not waiting and self._stopping.is_set():
                return
            for key, link in waiting:
                try:
                    if _acknowledged(link):
                        self.acknowledged.add(key)
                except requests.RequestException:
                    time.sleep(0.2)
            time.sleep(0.2)


def _acknowledged(link: str) -> bool:
    """Looks at the page behind a link and presses its button; whether the case is then taken."""
    page = requests.get(link, timeout=60).text
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    if seen is None:
        return "Acknowledged already" in page
    answer = requests.post(link, data={"seen": seen[1]}, timeout=60)
    return answer.ok and "<h1>Acknowledged</h1>" in answer.text
