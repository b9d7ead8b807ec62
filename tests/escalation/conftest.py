"""A state folder for each test of the stores."""

from __future__ import annotations

from pathlib import Path

import pytest

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
