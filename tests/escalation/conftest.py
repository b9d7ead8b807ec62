"""A state folder for each test of the stores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.escalation.escalation import Escalation
from assistant.escalation.store import EscalationStore


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's state folder."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("ASSISTANT_STATE", str(folder))
    return folder


@pytest.fixture
def store(state: Path) -> EscalationStore:
    """A store on a real file."""
    return EscalationStore(f"sqlite:///{state / 'escalations.sqlite'}")


@pytest.fixture
def escalation() -> Callable[..., Escalation]:
    """Makes an escalation: `escalation(message_id="m2")`."""

    def make(**values: object) -> Escalation:
        mention = {"category": "cord-compression", "status": "present", "words": "numb legs"}
        defaults: dict = {
            "conversation": "anna",
            "message_id": "m1",
            "channel": "rest",
            "priority": "page",
            "urgency": "emergency",
            "mentions": [mention],
        }
        return Escalation(**{**defaults, **values})

    return make
