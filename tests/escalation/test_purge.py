"""`python -m assistant.escalation.purge`: what is older than the site keeps goes, everywhere."""

from __future__ import annotations

import sqlite3
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from assistant.escalation import purge as purging
from assistant.escalation.cases import CaseBook
from assistant.escalation.journal import Journal
from assistant.escalation.replies import Reply, default_replies, reply_table
from assistant.escalation.store import default_store
from assistant.learning.queue import default_queue, review_table

DAY = 86_400


@pytest.fixture
def tracker(state: Path) -> Path:
    """A tracker store as Rasa's SQLTrackerStore makes it, with an old and a new event."""
    file = state / "tracker.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id VARCHAR(255), type_name "
            "VARCHAR(255), timestamp FLOAT, intent_name VARCHAR(255), action_name VARCHAR(255), "
            "data TEXT)"
        )
        for days, words in ((91, "crimson teapot"), (1, "still here")):
            connection.execute(
                "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, ?)",
                ("anna", "user", time.time() - days * DAY, words),
            )
    return file


def test_old_things_go_from_all_stores(
    state: Path, tracker: Path, escalation, capsys: pytest.CaptureFixture[str]
):
    now = datetime.now(timezone.utc)
    store = default_store()
    seen = {"recorded_at": now - timedelta(days=91)}
    recorded = store.record(escalation(message_id="old", **seen))
    CaseBook(store).close(recorded.case, "Joy", "terminal")
    store.record(escalation(message_id="new"))
    store.record(escalation(conversation="ben", message_id="unseen", **seen))
    replies = default_replies()
    replies.put("anna", "old", Reply([{"text": "velvet giraffe"}], "d"))
    with replies._open().begin() as connection:
        connection.execute(
            reply_table.update().values(stored_at=datetime.utcnow() - timedelta(days=91))
        )
    replies.put("anna", "new", Reply([], "d"))
    queue = default_queue()
    queue.add("can I go skydiving?", "unanswered", [], "rest")
    with queue._open().begin() as connection:
        connection.execute(review_table.update().values(at=datetime.utcnow() - timedelta(days=91)))
    queue.add("can I go sailing?", "unanswered", [], "rest")
    assert purging.main(["--days", "90"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 escalations older than 90 days deleted",
        "1 stored replies older than 90 days deleted",
        "1 messages for review older than 90 days deleted",
        "1 tracker events older than 90 days deleted",
        "1 cases older than 90 days are kept, for nobody has acknowledged them: see `make cases`",
    ]
    assert [row["message_id"] for row in store.records()] == ["new", "unseen"]
    assert [message.text for message in queue.waiting()] == ["can I go sailing?"]
    assert replies.get("anna", "old") is None and replies.get("anna", "new") is not None
    with sqlite3.connect(tracker) as connection:
        assert connection.execute("SELECT data FROM events").fetchall() == [("still here",)]


def test_deleted_words_are_not_left_in_the_file(state: Path, tracker: Path):
    purging.purge(timedelta(days=90))
    content = b"".join(file.read_bytes() for file in state.glob("tracker.sqlite*"))
    assert b"crimson teapot" not in content and b"still here" in content


def test_the_number_of_days_comes_from_the_site(
    state: Path, tracker: Path, capsys: pytest.CaptureFixture[str]
):
    assert purging.main([]) == 0
    assert "days deleted" in capsys.readouterr().out


def test_nothing_to_purge_is_no_error(state: Path, capsys: pytest.CaptureFixture[str]):
    assert purging.main(["--days", "1"]) == 0
    assert "0 tracker events" in capsys.readouterr().out


def test_the_emergency_journal_is_recorded_first(state: Path, escalation):
    Journal(state / "unrecorded.jsonl").append(escalation())
    purging.purge(timedelta(days=90))
    assert [row["message_id"] for row in default_store().records()] == ["m1"]


def test_a_store_that_cannot_be_purged_is_a_clear_failure(
    state: Path, capsys: pytest.CaptureFixture[str]
):
    (state / "escalations.sqlite").write_bytes(b"no database" * 200)
    assert purging.main(["--days", "1"]) == 1
    assert "not a database" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-3", "many"])
def test_days_must_be_a_whole_number_from_one(days: str):
    with pytest.raises(SystemExit):
        purging.main(["--days", days])
