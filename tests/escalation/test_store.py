"""The escalation table: durable, private, one record for each message."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event

from assistant.escalation.cases import CaseBook
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import EscalationStore, EscalationStoreError

Make = Callable[..., Escalation]


def test_a_record_is_committed_when_the_call_returns(store: EscalationStore, escalation: Make):
    recorded = store.record(escalation())
    assert recorded.is_new
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as other:
        rows = other.execute("SELECT id, conversation, message_id, priority FROM escalation")
        assert rows.fetchall() == [(recorded.id, "anna", "m1", "page")]


def test_the_same_message_again_returns_the_first_record(store: EscalationStore, escalation: Make):
    first = store.record(escalation())
    again = store.record(escalation(priority="review"))
    assert (again.id, again.is_new) == (first.id, False)
    assert [row["priority"] for row in store.records()] == ["page"]


def test_the_same_message_id_in_another_conversation_is_another_message(
    store: EscalationStore, escalation: Make
):
    store.record(escalation())
    assert store.record(escalation(conversation="ben")).is_new


PAIN = {
    "category": "new-or-worse-pain",
    "urgency": "same-day",
    "status": "present",
    "priority": "same-day",
    "words": "hip",
    "fired": [],
}
NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def about_pain(escalation: Make, message_id: str, hours: float, **other: object) -> Escalation:
    """An escalation about pain, so many hours after noon."""
    seen = NOON + timedelta(hours=hours)
    own = {"priority": "same-day", "urgency": "same-day", "mentions": [PAIN], **other}
    return escalation(message_id=message_id, recorded_at=seen, **own)


def test_a_second_contact_about_the_same_complaint_is_raised(
    store: EscalationStore, escalation: Make
):
    store.record(about_pain(escalation, "m1", 0))
    recorded = store.record(about_pain(escalation, "m2", 30))
    assert (recorded.escalation.priority, recorded.escalation.urgency) == ("page", "emergency")
    assert [row["priority"] for row in store.records()] == ["same-day", "page"]
    again = store.record(about_pain(escalation, "m2", 30))
    assert (again.is_new, again.escalation.priority) == (False, "page")


@pytest.mark.parametrize(
    ("hours", "other"),
    [(0.5, {}), (49, {}), (30, {"conversation": "ben"})],
    ids=["the same contact", "two days later", "somebody else"],
)
def test_other_contacts_are_not_raised(
    store: EscalationStore, escalation: Make, hours: float, other: dict
):
    store.record(about_pain(escalation, "m1", 0))
    assert store.record(about_pain(escalation, "m2", hours, **other)).escalation.mentions == [PAIN]


def test_mentions_come_back_as_they_were(store: EscalationStore, escalation: Make):
    mentions = [{"category": "self-harm", "words": "naïve “quotes” 😢", "status": "asked"}]
    store.record(escalation(mentions=mentions))
    assert store.records()[0]["mentions"] == mentions


def test_the_time_is_stored_in_utc(store: EscalationStore, escalation: Make):
    seen = datetime(2026, 11, 22, 3, 30, tzinfo=timezone(timedelta(hours=3)))
    store.record(escalation(recorded_at=seen))
    assert store.records()[0]["recorded_at"] == datetime(2026, 11, 22, 0, 30)


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_only_the_owner_can_read_the_file(state: Path, escalation: Make, mask: int):
    before = os.umask(mask)
    try:
        store = EscalationStore(f"sqlite:///{state / 'private.sqlite'}")
        with_reader = sqlite3.connect(state / "private.sqlite")  # keeps -wal and -shm in place
        store.record(escalation())
        with_reader.execute("SELECT * FROM escalation").fetchall()
        modes = {file.name: file.stat().st_mode & 0o777 for file in state.glob("private.sqlite*")}
        with_reader.close()
    finally:
        os.umask(before)
    assert len(modes) == 3 and set(modes.values()) == {0o600}


def test_many_threads_record_a_message_once(store: EscalationStore, escalation: Make):
    results = []

    def record() -> None:
        results.append(store.record(escalation()))

    threads = [threading.Thread(target=record) for _ in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(result.is_new for result in results) == 1
    assert len({result.id for result in results}) == 1


def test_two_processes_record_all_messages_once(store: EscalationStore, state: Path):
    script = (
        "import sys; from assistant.escalation.store import *\n"
        "store = EscalationStore(sys.argv[1], patience=60)\n"
        "for n in range(40):\n"
        "    store.record(Escalation('anna', f'm{n}', 'rest', 'page', 'emergency', []))\n"
    )
    command = [sys.executable, "-c", script, store.url]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(store.records()) == 40


def test_a_record_survives_a_killed_process(store: EscalationStore):
    script = (
        "import os, sys; from assistant.escalation.store import *\n"
        "given = Escalation('a', 'm', 'rest', 'page', 'emergency', [])\n"
        "EscalationStore(sys.argv[1]).record(given)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.call([sys.executable, "-c", script, store.url]) == -9
    assert len(store.records()) == 1


def test_check_leaves_nothing_behind(store: EscalationStore):
    store.check()
    store.check()
    assert store.records() == []


def test_a_locked_file_is_reported_within_a_second(store: EscalationStore, escalation: Make):
    store.check()
    other = sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = datetime.now(timezone.utc)
    with pytest.raises(EscalationStoreError, match="database is locked"):
        store.record(escalation())
    with pytest.raises(EscalationStoreError, match="database is locked"):
        store.check()
    assert datetime.now(timezone.utc) - started < timedelta(seconds=2.5)
    other.execute("ROLLBACK")
    assert store.record(escalation()).is_new


def test_a_missing_folder_is_reported_with_what_to_do(state: Path, escalation: Make):
    store = EscalationStore(f"sqlite:///{state / 'gone' / 'escalations.sqlite'}")
    with pytest.raises(EscalationStoreError, match="check that the folder exists"):
        store.record(escalation())


def test_a_file_that_is_no_database_is_reported(state: Path, escalation: Make):
    (state / "broken.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(EscalationStoreError, match="not a database"):
        EscalationStore(f"sqlite:///{state / 'broken.sqlite'}").record(escalation())


def test_a_read_only_database_fails_record_and_check(store: EscalationStore, escalation: Make):
    store.record(escalation())

    @event.listens_for(store.engine, "connect")
    def forbid_writing(connection, _record) -> None:
        connection.execute("PRAGMA query_only=ON")

    with pytest.raises(EscalationStoreError, match="readonly database"):
        store.check()
    event.listen(store.engine, "connect", forbid_writing)
    with pytest.raises(EscalationStoreError, match="readonly database"):
        store.record(escalation(message_id="m2"))


def test_a_full_disk_is_reported_and_the_store_works_again_with_space(
    store: EscalationStore, escalation: Make
):
    script = (
        "import resource, signal, sys; from assistant.escalation.store import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = EscalationStore(sys.argv[1]); store.check()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "try:\n"
        "    for n in range(50):\n"
        "        words = [{'words': 'x' * 4000}]\n"
        "        store.record(Escalation('a', f'm{n}', 'rest', 'page', 'emergency', words))\n"
        "except EscalationStoreError as error:\n"
        "    print(error); sys.exit(7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, store.url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr
    assert "xxxx" not in done.stdout + done.stderr
    assert store.record(escalation(message_id="after")).is_new


def test_errors_hold_no_words_of_the_patient(state: Path, escalation: Make):
    store = EscalationStore(f"sqlite:///{state / 'e.sqlite'}")
    store.check()
    with sqlite3.connect(state / "e.sqlite") as other:
        other.execute("DROP TABLE escalation")
    with pytest.raises(EscalationStoreError) as caught:
        store.record(escalation(mentions=[{"words": "purple elephants"}]))
    assert "purple" not in str(caught.value) + str(caught.value.__cause__)


def test_a_database_that_went_missing_is_made_again(state: Path, escalation: Make):
    store = EscalationStore(f"sqlite:///{state / 'e.sqlite'}")
    store.check()
    (state / "e.sqlite").write_bytes(b"")
    with pytest.raises(EscalationStoreError):
        store.record(escalation())
    assert store.record(escalation()).is_new


def test_purge_deletes_only_what_is_older(store: EscalationStore, escalation: Make):
    now = datetime.now(timezone.utc)
    for message_id, days in (("old", 91), ("new", 89)):
        seen = now - timedelta(days=days)
        recorded = store.record(escalation(message_id=message_id, recorded_at=seen))
        CaseBook(store).acknowledge(recorded.case, "Joy", "terminal")
    assert store.purge(timedelta(days=90)) == 1
    assert [row["message_id"] for row in store.records()] == ["new"]


def test_purge_keeps_what_nobody_has_acknowledged(store: EscalationStore, escalation: Make):
    year = datetime.now(timezone.utc) - timedelta(days=365)
    store.record(escalation(recorded_at=year))
    store.record(escalation(conversation="ben", priority="review", recorded_at=year))
    assert store.purge(timedelta(days=90)) == 1
    assert [row["conversation"] for row in store.records()] == ["anna"]


def test_the_escalation_survives_the_way_through_json(escalation: Make):
    given = escalation()
    assert Escalation.from_json(given.as_json()) == given
