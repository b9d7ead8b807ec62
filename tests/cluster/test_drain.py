"""Before a container ends: it waits for its journal, and no longer than it may."""

import pytest

from assistant.cluster.drain import drain
from assistant.escalation.journal import Journal
from assistant.escalation.store import EscalationStore


@pytest.fixture
def journal(tmp_path, monkeypatch, escalation):
    monkeypatch.setenv("ASSISTANT_STATE", str(tmp_path))
    journal = Journal(tmp_path / "unrecorded.jsonl")
    journal.append(escalation())
    return journal


def test_ends_when_the_journal_is_recorded(journal, tmp_path):
    store = EscalationStore(f"sqlite:///{tmp_path / 'escalations.sqlite'}")
    assert drain(0, 30, look=lambda: journal.replay(store) and None)
    assert len(store.records()) == 1


def test_says_that_records_are_left(journal):
    looks = []
    assert not drain(0, 0.1, look=lambda: looks.append(1))
    assert looks and journal.holds_any
