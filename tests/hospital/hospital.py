"""A hospital beside the tests: Medplum's FHIR router over HTTP, see ../node/server.mjs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import requests

NODE = Path(__file__).parent.with_name("node")
JSON_TYPE = "application/fhir+json"
OWN = {"X-Test": "the hospital itself"}  # needs no token


class Hospital:
    """One FHIR server in a process of its own; everything it holds is in memory."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.url}/fhir"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    def start(self) -> None:
        """Starts it; again on the port that it had."""
        self._process = subprocess.Popen(
            ["node", "server.mjs"],
            cwd=NODE,
            env={**_environment(), "PORT": str(self.port)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the FHIR server did not start; run scripts/node-packages"
        self.port = json.loads(line)["port"]

    def stop(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait(10)

    def reset(self) -> None:
        """Forgets everything."""
        requests.delete(f"{self.url}/control", timeout=60).raise_for_status()

    def control(self, **state: Any) -> dict[str, Any]:
        """Sets faults, clients and so on; returns what came so far."""
        answer = requests.put(f"{self.url}/control", json=state, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())

    def drop_tokens(self) -> None:
        """No token that was given is good any longer."""
        requests.delete(f"{self.url}/control/tokens", timeout=60).raise_for_status()

    def validate(self, resource: dict[str, Any]) -> list[dict[str, Any]]:
        """What the validator (npm `fhir`) finds wrong with a resource."""
        answer = requests.post(f"{self.url}/validate", json=resource, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return [one for one in found if one["severity"] in ("error", "fatal")]


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)
