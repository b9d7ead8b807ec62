"""Something that answers messages over HTTP, as a context."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.benchmarks.serving.replies import has_text
from assistant.cluster.programs import free_port
from assistant.paths import ROOT
from assistant.training import tail

SECONDS_TO_ANSWER = 300.0
SECONDS_BETWEEN_TRIES = 0.05
REST = "/webhooks/rest/webhook"


class ServiceError(Exception):
    """A service cannot be started; the message says what it said."""


class Service(ABC):
    """Something that answers messages over HTTP, started on entering and stopped on leaving.

    Attributes:
        name: As it stands in the tables.
        path: Where it takes messages.
        start_s: From the start of its process to its first answer; known once it runs.

    Args:
        folder: Takes what it writes; made where it is missing.
    """

    name: str
    path = REST
    start_s = 0.0

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it is reached, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    @abstractmethod
    def roots(self) -> list[int]:
        """The ids of its processes."""

    @property
    def metrics_urls(self) -> list[str]:
        """Where its processes tell of turns that failed though something was replied."""
        return []

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "server.log"

    def body(self, conversation: str, text: str, message_id: str) -> dict[str, Any]:
        """A message as the service takes it."""
        return {"sender": conversation, "message": text}

    def answers(self, reply: Any, message_id: str) -> bool:
        """Whether a reply is an answer to this message."""
        return has_text(reply)

    def __enter__(self) -> Service:
        begun = time.perf_counter()
        asking = threading.Thread(target=self._ask_until_answered, args=(begun,), daemon=True)
        self._given_up = False
        asking.start()
        try:
            self._start()
            asking.join()
            if not self.start_s:
                raise ServiceError(f"{self.name} gave no answer; its log ends:\n{tail(self.log)}")
        except BaseException:
            self._given_up = True
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @abstractmethod
    def _start(self) -> None:
        """Starts its processes."""

    @abstractmethod
    def _stop(self) -> None:
        """Ends them."""

    def _has_ended(self) -> bool:
        return False

    def _ask_until_answered(self, begun: float) -> None:
        while time.perf_counter() - begun < SECONDS_TO_ANSWER and not self._given_up:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                content = json.dumps(self.body("first", "what is denosumab?", "first"))
                connection.request("POST", self.path, content, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                if answer.status == 200 and self.answers(json.loads(answer.read()), "first"):
                    self.start_s = time.perf_counter() - begun
                    return
            except (OSError, http.client.HTTPException, ValueError):
                if self._has_ended():
                    return
            time.sleep(SECONDS_BETWEEN_TRIES)


class Command(Service):
    """A service that is one command, or several.

    Args:
        folder: Takes what it writes.
    """

    processes: Sequence[subprocess.Popen[bytes]] = ()

    @abstractmethod
    def commands(self) -> Sequence[Sequence[str]]:
        """What starts it, behind the Python interpreter; the first answers messages."""

    def environment(self) -> Mapping[str, str]:
        """Settings beside this process's own."""
        return {}

    @property
    def roots(self) -> list[int]:
        """The commands' processes."""
        return [process.pid for process in self.processes]

    def _start(self) -> None:
        with self.log.open("ab") as output:
            self.processes = [
                subprocess.Popen(
                    [sys.executable, *command],
                    cwd=ROOT,
                    env={**os.environ, **self.environment()},
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                for command in self.commands()
            ]

    def _has_ended(self) -> bool:
        return any(process.poll() is not None for process in self.processes)

    def _stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
