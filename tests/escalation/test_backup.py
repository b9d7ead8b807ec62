"""A backup holds everything and goes into an empty store only."""

from __future__ import annotations

import pytest

from assistant.escalation.backup import BackupError, main, restore, save
from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore


@pytest.fixture
def other(state) -> EscalationStore:
    return EscalationStore(f"sqlite:///{state / 'other.sqlite'}")


def test_what_was_saved_is_restored_and_goes_on(store, other, escalation, tmp_path):
    first = store.record(escalation()).case
    store.record(escalation(conversation="ben", message_id="m2"))
    CaseBook(store).acknowledge(first, "Joy", "terminal")
    counts = save(store, tmp_path / "cases.zip")
    assert counts["escalation"] == counts["escalation_case"] == 2
    assert (tmp_path / "cases.zip").stat().st_mode & 0o777 == 0o600
    assert restore(other, tmp_path / "cases.zip") == counts
    assert other.records() == store.records()
    assert CaseBook(other).case(first).acknowledged_by == "Joy"
    assert not other.record(escalation()).is_new
    assert other.record(escalation(message_id="m3")).is_new


def test_a_store_that_holds_something_is_not_overwritten(store, other, escalation, tmp_path):
    store.record(escalation())
    save(store, tmp_path / "cases.zip")
    other.record(escalation(message_id="other"))
    with pytest.raises(BackupError, match="restore into an empty one"):
        restore(other, tmp_path / "cases.zip")
    assert [row["message_id"] for row in other.records()] == ["other"]


def test_a_file_that_stands_is_not_overwritten(store, tmp_path):
    (tmp_path / "cases.zip").write_text("mine")
    with pytest.raises(BackupError, match="stands already"):
        save(store, tmp_path / "cases.zip")
    assert (tmp_path / "cases.zip").read_text() == "mine"


def test_what_is_no_backup_is_named(state, tmp_path, capsys):
    (tmp_path / "x.zip").write_text("no zip")
    assert main(["restore", str(tmp_path / "x.zip")]) == 1
    assert "is no backup that can be read" in capsys.readouterr().err
