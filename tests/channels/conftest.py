"""A state folder and a served assistant for each test of the channels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving import ScriptedAssistant, serving

from assistant.channels import patient, readiness
from assistant.channels.rest import PatientRestInput
from assistant.channels.web import WebInput
from assistant.escalation.health import Health
from assistant.escalation.recorder import Recorder


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's state folder."""
    folder = tmp_path / "state"
    monkeypatch.setenv("ASSISTANT_STATE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def health(monkeypatch: pytest.MonkeyPatch) -> Health:
    """A registry of its own for each test."""
    fresh = Health()
    monkeypatch.setattr(Recorder.__init__, "__defaults__", (fresh,))
    monkeypatch.setattr(patient.PatientDoor.__init__, "__defaults__", (None, None, 2.0, True))
    return fresh


@pytest.fixture(autouse=True)
def every_probe_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No probe gets the answer of one before it."""
    monkeypatch.setattr(readiness, "SECONDS_OF_AN_ANSWER", 0.0)


@pytest.fixture(autouse=True)
def rescue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A last resort that finds numb legs; the texts that it was asked for."""
    asked: list[str] = []

    def last_resort(text: str) -> list[dict]:
        asked.append(text)
        flag = {"category": "cord-compression", "urgency": "emergency", "status": "present"}
        flagged = "numb" in text
        turn = {
            "kind": "escalation" if flagged else "fallback",
            "red_flags": [{**flag, "words": "numb"}] if flagged else [],
            "urgency": "emergency" if flagged else None,
            "priority": "page" if flagged else None,
        }
        return [{"custom": turn}, {"text": "Call your emergency number now."}]

    monkeypatch.setattr(patient, "last_resort", last_resort)
    return asked


@pytest.fixture
def assistant() -> ScriptedAssistant:
    """The scripted assistant behind the channels."""
    return ScriptedAssistant()


@pytest.fixture
def server(assistant: ScriptedAssistant) -> Iterator:
    """REST and web channel on a free port."""
    with serving([PatientRestInput(), WebInput()], assistant) as running:
        yield running
