"""A whole site in real processes: Rasa, workers, a rota of three contacts with webhooks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
import yaml
from receiver import SECRET, Receiver
from waiting import until

from assistant.paths import ROOT

CONTACTS = ("nurse", "registrar", "consultant")


def write_settings(folder: Path, receivers: Sequence[Receiver], **more: object) -> Path:
    """Writes `escalation.yml` of the site; returns the file."""
    everybody = list(CONTACTS[: len(receivers)])
    settings = {
        "time_zone": "UTC",
        "contacts": {
            contact: {"name": contact, "notify": [f"webhook:{contact}"]} for contact in everybody
        },
        "webhooks": {
            contact: {"url": receiver.url, "secret": SECRET}
            for contact, receiver in zip(everybody, receivers, strict=True)
        },
        "on_duty": {"office": everybody, "out_of_hours": everybody},
        **more,
    }
    file = folder / "escalation.yml"
    file.write_text(yaml.safe_dump(settings))
    return file


class Forge:
    """The process from which all others are forked; see `mortal`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="assistant-forge-"))
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("mortal.py")), str(self.folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARNING"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def stop(self) -> None:
        """Ends it and whatever it started."""
        for file in self.folder.glob("*.json"):
            file.unlink()
        time.sleep(0.3)
        shutil.rmtree(self.folder)
        self._process.wait(10)

    def _read(self) -> None:
        # A pipe: a log file would feel the full disk as well.
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())


class Site:
    """Rasa and its workers on a database of their own.

    Args:
        forge: Starts the processes.
        model: The model archive.
        state: The state folder.
        url: Of the database.
        receivers: Of the contacts, first to last.
        lease_seconds: After how long the deliveries of a dead worker are taken by the next one.
    """

    def __init__(
        self,
        forge: Forge,
        model: Path,
        state: Path,
        url: str,
        receivers: Sequence[Receiver],
        lease_seconds: float,
        workers: int = 1,
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.forge, self.state = forge, state
        self.address = f"http://127.0.0.1:{port}"
        self.deaths = state / "deaths"
        self.deaths.mkdir()
        self._first_line = len(forge.lines)
        self.environment = {
            "ASSISTANT_STATE": str(state),
            "TRACKER_DB": str(state / "tracker.sqlite"),
            "ASSISTANT_DATABASE": url,
            "ASSISTANT_ESCALATION": str(write_settings(state, receivers, public_url=self.address)),
            "MORTAL": str(self.deaths),
            "MORTAL_LEASE_SECONDS": str(lease_seconds),
        }
        serve = ["run", "--model", str(model), "-i", "127.0.0.1", "-p", str(port)]
        files = ["--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
        self._start("rasa", "rasa", [*serve, *files])
        for number in range(workers):
            self._start(f"worker-{number}", "worker", [])

    @property
    def log(self) -> str:
        """What Rasa and the workers have said."""
        return "\n".join(self.forge.lines[self._first_line :])

    def pid(self, name: str) -> int:
        return int((self.forge.folder / f"{name}.pid").read_text())

    def ready(self) -> tuple[int, dict[str, Any]]:
        """Status and parts of the readiness probe; 0 where Rasa does not answer."""
        try:
            answer = requests.get(f"{self.address}/webhooks/web/ready", timeout=60)
            return answer.status_code, answer.json().get("parts", {})
        except (requests.RequestException, ValueError):
            return 0, {}

    def wait_until_ready(self) -> None:
        until(lambda: self.ready()[0] == 200, f"readiness; the log:\n{self.log[-3000:]}", 150)

    def say(self, conversation: str, message_id: str, text: str) -> list[dict[str, Any]]:
        """Sends a message once.

        Raises:
            requests.RequestException: If no answer came.
        """
        content = {"sender": conversation, "message": text, "metadata": {"message_id": message_id}}
        answer = requests.post(f"{self.address}/webhooks/rest/webhook", json=content, timeout=30)
        answer.raise_for_status()
        messages: list[dict[str, Any]] = answer.json()
        return messages

    def die(self, when: str, what: str) -> None:
        """Lets a process die at a boundary; returns when it has."""
        file = self.deaths / f"{when}-{what}"
        file.touch()
        until(lambda: not file.exists(), f"a death {when} {what}")

    def stop(self) -> None:
        """Kills all processes of the site."""
        files = list(self.forge.folder.glob("*.json"))
        pids = [self.pid(file.stem) for file in files]
        for file in files:
            file.unlink()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "the end", 15)

    def _start(self, name: str, what: str, arguments: list[str]) -> None:
        given = {"what": what, "environment": self.environment, "arguments": arguments}
        half = self.forge.folder / f"{name}.half"
        half.write_text(json.dumps(given))
        half.rename(half.with_suffix(".json"))
