"""Deletes what is older than the site keeps: `python -m assistant.escalation.purge`."""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from assistant.escalation.cases import CaseBook
from assistant.escalation.database import open_engine
from assistant.escalation.duty.settings import SettingsError
from assistant.escalation.journal import Journal
from assistant.escalation.replies import ReplyStoreError, default_replies
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.escalation.times import now, utc
from assistant.learning.queue import ReviewQueueError, default_queue
from assistant.paths import state_folder
from assistant.profile import ProfileError, shared_database
from assistant.site import SiteError, load_site

BUSY_SECONDS = 30
REFUSED = (
    SiteError,
    SettingsError,
    EscalationStoreError,
    ReplyStoreError,
    ReviewQueueError,
    ProfileError,
    sqlite3.Error,
    SQLAlchemyError,
    OSError,
)


def purge_tracker_events(file: Path, older_than: timedelta) -> int:
    """Deletes old events of Rasa's SQLTrackerStore.

    Args:
        file: Its SQLite file; nothing is done where there is none.
        older_than: The age from which events go.

    Returns:
        How many events were deleted.

    Raises:
        sqlite3.Error: If that failed; nothing is deleted then.
    """
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        named = "SELECT 1 FROM sqlite_master WHERE type='table' AND name='events'"
        if connection.execute(named).fetchone() is None:
            return 0
        limit = time.time() - older_than.total_seconds()
        with connection:
            return connection.execute("DELETE FROM events WHERE timestamp < ?", (limit,)).rowcount


def purge_shared_events(url: str, older_than: timedelta) -> int:
    """The same in the cluster's database.

    Raises:
        SQLAlchemyError: If that failed; nothing is deleted then.
    """
    engine = open_engine(url, "FULL", patience=BUSY_SECONDS)
    with engine.begin() as connection:
        if not inspect(connection).has_table("events"):
            return 0
        limit = {"limit": time.time() - older_than.total_seconds()}
        old = text("DELETE FROM events WHERE timestamp < :limit")
        return int(connection.execute(old, limit).rowcount)


def _shrink_log(file: Path) -> None:
    """Empties SQLite's write-ahead log, where deleted words would stay readable."""
    if file.exists():
        with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def purge(older_than: timedelta) -> dict[str, int]:
    """Deletes what is older than `older_than` from all stores of the site.

    The emergency journal is recorded first: its entries are of unknown age and may be unread.

    Returns:
        How many went, by store.

    Raises:
        EscalationStoreError, ReplyStoreError, ReviewQueueError, sqlite3.Error, OSError: If a store
            failed.
    """
    folder, shared = state_folder(), shared_database()
    escalations = patient_store()
    Journal(folder / "unrecorded.jsonl").replay(escalations)
    counts = {
        "escalations": escalations.purge(older_than),
        "stored replies": default_replies().purge(older_than),
        "messages for review": default_queue().purge(older_than),
        "tracker events": (
            purge_shared_events(shared, older_than)
            if shared
            else purge_tracker_events(folder / "tracker.sqlite", older_than)
        ),
    }
    if shared:
        return counts
    for name in ("escalations", "replies", "review", "tracker"):
        _shrink_log(folder / f"{name}.sqlite")
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Purges and prints what went; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.escalation.purge", description=__doc__
    )
    parser.add_argument(
        "--days", type=int, help="keep this many days (default: retention_days of site.yml)"
    )
    given = parser.parse_args(arguments)
    try:
        days = load_site().retention_days if given.days is None else given.days
        if days < 1:
            parser.error(f"--days must be a whole number from 1, found {days}")
        counts = purge(timedelta(days=days))
        kept = CaseBook(patient_store()).unseen(utc(now() - timedelta(days=days)))
    except REFUSED as error:
        print(f"Nothing more was deleted: {error}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    for store, count in counts.items():
        print(f"{count} {store} older than {days} days deleted")  # noqa: T201 - a command's output
    if kept:
        print(  # noqa: T201 - a command's output
            f"{kept} cases older than {days} days are kept, for nobody has acknowledged them: "
            "see `make cases`"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
