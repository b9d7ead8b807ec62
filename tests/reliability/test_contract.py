"""What the escalation store promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from assistant.escalation.backup import restore, save
from assistant.escalation.case_file import lock_conversation
from assistant.escalation.cases import CaseBook
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.escalation.tables import case_table, event_table, metadata, outbox_table

Make = Callable[..., Escalation]
PROCESSES = multiprocessing.get_context("fork")  # without the seconds that imports take
MENTION = {"category": "cord-compression", "status": "present", "words": "numb"}


def record_many(barrier, url: str, number: int, conversation: str, message_id: str) -> None:
    store = EscalationStore(url, patience=30)  # all of them write without a pause
    barrier.wait(60)
    for one in range(number):
        ids = (conversation.format(one), message_id.format(one))
        store.record(Escalation(*ids, "rest", "page", "emergency", [MENTION]))


def at_once(url: str, number: int, conversation: str, *message_ids: str) -> None:
    """Records in one process for each pattern of message ids, all of them at once."""
    barrier = PROCESSES.Barrier(len(message_ids))
    processes = [
        PROCESSES.Process(target=record_many, args=(barrier, url, number, conversation, message_id))
        for message_id in message_ids
    ]
    [process.start() for process in processes]
    [process.join(120) for process in processes]
    assert [process.exitcode for process in processes] == [0] * len(processes)


def count(store: EscalationStore, table, *conditions) -> int:
    with store.reading("count") as connection:
        query = select(func.count()).select_from(table).where(*conditions)
        return int(connection.execute(query).scalar_one())


def test_two_processes_record_the_same_messages_once(url: str, store: EscalationStore):
    """Also the tables are made by both at once."""
    at_once(url, 30, "conversation-{}", "m{}", "m{}")
    assert len(store.records()) == 30
    assert [count(store, table) for table in (case_table, outbox_table, event_table)] == [30] * 3


def test_two_processes_in_one_conversation_make_one_case(url: str, store: EscalationStore):
    at_once(url, 20, "anna", "first-{}", "second-{}")
    assert len(store.records()) == 40
    assert count(store, case_table) == 1 and count(store, outbox_table) == 1
    (case,) = CaseBook(store).open_cases()
    events = [event.what for event in CaseBook(store).events(case.id)]
    assert events == ["recorded"] + ["joined"] * 39


def test_many_processes_make_the_tables(url: str, store: EscalationStore):
    at_once(url, 1, "anna", *["m{}"] * 5)
    assert len(store.records()) == 1


def test_the_same_message_at_once_from_many_threads(store: EscalationStore, escalation: Make):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(store.record(escalation())))
        for _ in range(8)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(result.is_new for result in results) == 1
    assert len({(result.id, result.case) for result in results}) == 1


def test_a_more_pressing_message_raises_an_acknowledged_case(
    store: EscalationStore, escalation: Make
):
    first = store.record(escalation(priority="same-day", urgency="same-day"))
    book = CaseBook(store)
    assert book.acknowledge(first.case, "Joy", "terminal")
    assert not book.acknowledge(first.case, "Ben", "terminal")
    assert store.record(escalation(message_id="m2")).case == first.case
    case = book.case(first.case)
    assert (case.state, case.priority, case.acknowledged_by) == ("recorded", "page", None)


def test_the_audit_cannot_be_changed(store: EscalationStore, escalation: Make):
    store.record(escalation())
    refused = pytest.raises(EscalationStoreError, match="rows of the audit cannot be changed")
    with refused, store.transaction("forge the audit") as connection:
        connection.execute(update(event_table).values(who="somebody else"))
    assert count(store, event_table, event_table.c.who == "assistant") == 1


def test_mentions_and_times_come_back_as_they_were(store: EscalationStore, escalation: Make):
    mentions = [{"category": "self-harm", "words": "naïve “quotes” 😢 \\ '", "status": "asked"}]
    seen = datetime(2026, 11, 22, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    store.record(escalation(mentions=mentions, recorded_at=seen))
    (row,) = store.records()
    assert row["mentions"] == mentions
    assert row["recorded_at"] == datetime(2026, 11, 22, 0, 30, 0, 123456)


def test_check_leaves_nothing_behind(store: EscalationStore):
    store.check()
    assert store.records() == []


def test_purge_deletes_old_cases_with_all_of_theirs(store: EscalationStore, escalation: Make):
    long_ago = datetime.now(timezone.utc) - timedelta(days=91)
    old = store.record(escalation(recorded_at=long_ago))
    CaseBook(store).acknowledge(old.case, "Joy", "terminal", long_ago)
    store.record(escalation(conversation="ben"))
    assert store.purge(timedelta(days=90)) == 1
    assert [row["conversation"] for row in store.records()] == ["ben"]
    assert count(store, case_table) == 1


def test_a_lock_that_another_holds_is_reported_within_two_seconds(
    store: EscalationStore, other_store: EscalationStore, escalation: Make
):
    store.check()
    started = datetime.now(timezone.utc)
    with other_store.transaction("hold on") as connection:
        lock_conversation(connection, "anna")
        with pytest.raises(EscalationStoreError, match=r"lock(ed| timeout)") as caught:
            store.record(escalation())
    assert datetime.now(timezone.utc) - started < timedelta(seconds=2)
    assert "numb legs" not in f"{caught.value} {caught.value.__cause__}"
    assert store.record(escalation()).is_new


def test_a_conversation_does_not_wait_for_another(postgresql_url: str, escalation: Make):
    ours, theirs = EscalationStore(postgresql_url), EscalationStore(postgresql_url)
    ours.check()
    with theirs.transaction("hold on") as connection:
        lock_conversation(connection, "ben")
        assert ours.record(escalation()).is_new


def test_a_statement_that_hangs_is_ended(postgresql_url: str):
    store = EscalationStore(postgresql_url)
    ended = pytest.raises(EscalationStoreError, match="statement timeout")
    with ended, store.transaction("hang") as connection:
        connection.execute(text("SELECT pg_sleep(20)"))
    store.check()


def test_connections_that_the_server_ended_are_replaced(
    postgresql_url: str, postgresql_server: str, escalation: Make
):
    store = EscalationStore(postgresql_url)
    store.record(escalation())
    cut_off = pytest.raises((EscalationStoreError, DBAPIError))
    with cut_off, store.transaction("be cut off") as connection:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with EscalationStore(postgresql_url).transaction("cut off") as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        connection.execute(text("SELECT 1"))
    assert store.record(escalation(message_id="m2")).is_new


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_a_backup_comes_back_whole_in_either_database(
    store: EscalationStore,
    there: str,
    tmp_path: Path,
    postgresql_server: str,
    escalation: Make,
):
    import postgresql

    made = store.record(escalation(mentions=[{"category": "pain", "words": "naïve 😢"}]))
    store.record(escalation(conversation="ben", priority="same-day"))
    CaseBook(store).acknowledge(made.case, "Joy", "terminal")
    counts = save(store, tmp_path / "there.zip")
    with postgresql.fresh_database(postgresql_server) as other_url:
        url = other_url if there == "postgresql" else f"sqlite:///{tmp_path / 'other.sqlite'}"
        other = EscalationStore(url)
        assert restore(other, tmp_path / "there.zip") == counts
        assert contents(other) == contents(store)
        again = other.record(escalation(message_id="m9", conversation="carl"))
        assert again.is_new and again.id == made.id + 2, "ids go on after those restored"
        assert other.record(escalation(mentions=[])).is_new  # other words under a used id


def contents(store: EscalationStore) -> dict[str, list]:
    """All rows of all tables."""
    with store.reading("read everything") as connection:
        return {
            table.name: [dict(row) for row in connection.execute(in_order(table)).mappings()]
            for table in metadata.sorted_tables
        }


def in_order(table):
    return select(table).order_by(*table.primary_key.columns)
