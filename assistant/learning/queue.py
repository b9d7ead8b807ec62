"""The review queue: messages that were not served well, kept until an editor decides."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    case,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assistant.escalation.database import create_tables, open_engine
from assistant.learning.redaction import PLACEHOLDERS, redact
from assistant.paths import state_folder
from assistant.profile import shared_database

Reason = Literal["unanswered", "clarified", "rejected", "badly-rated", "false-alarm"]
FALSE_ALARM: Reason = "false-alarm"
TURNED_DOWN: tuple[Reason, ...] = ("rejected", "badly-rated")
Status = Literal["open", "accepted", "dismissed"]

metadata = MetaData()
review_table = Table(
    "review",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "digest", String(64), nullable=False, unique=True
    ),  # of the text: long texts have no index
    Column("text", Text, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("entries", JSON, nullable=False),
    Column("channel", String(64), nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", DateTime, nullable=False),  # UTC: SQLite keeps no zone
    Column("at", DateTime, nullable=False),
    Column("status", String(16), nullable=False),
    Column("resolution", String(255)),
    Index("review_at", "at"),
    Index("review_status", "status"),
)


class ReviewQueueError(Exception):
    """The queue could not be written or read; says why, and never what a patient wrote."""


@dataclass(frozen=True)
class Waiting:
    """One message in the queue.

    Attributes:
        id: Of its row.
        text: Without identifiers.
        reason: Why it was queued, the last time that it was.
        entries: What was answered or offered then: {"id", "score"}, best first; for a false alarm
            the rules that fired.
        channel: The input channel's name.
        times: How often it was asked.
        first_at: When it was first queued, UTC.
        at: When it was last queued, UTC.
    """

    id: int
    text: str
    reason: Reason
    entries: list[dict[str, Any]]
    channel: str
    times: int
    first_at: datetime
    at: datetime


class ReviewQueue:
    """Messages for review in a database of their own.

    Each call has a transaction of its own. The file and the table are made by the first call.

    Args:
        url: A SQLAlchemy address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def add(
        self, text: str, reason: Reason, entries: Sequence[dict[str, Any]], channel: str
    ) -> None:
        """Queues a message; identifiers are taken out here, so that none can be stored.

        A text that is there already is counted up and keeps its status: what an editor has
        dismissed stays dismissed. What was accepted and then turned down or badly rated is open
        again. A false alarm is another matter than a question in the same words. Nothing is
        queued where no words are left.

        Args:
            text: As the patient wrote it.
            reason: Why.
            entries: What was answered or offered: {"id", "score"}, best first.
            channel: The input channel's name.

        Raises:
            ReviewQueueError: If it could not be written.
        """
        redacted = " ".join(redact(text).split())
        if not any(character.isalpha() for character in _without_placeholders(redacted)):
            return
        now = _now()
        again = {"reason": reason, "entries": list(entries), "channel": channel, "at": now}
        matter = f"{FALSE_ALARM}\n" if reason == FALSE_ALARM else ""
        digest = hashlib.sha256((matter + redacted.casefold()).encode()).hexdigest()
        row = {
            **again,
            "digest": digest,
            "text": redacted,
            "times": 1,
            "first_at": now,
            "status": "open",
        }
        try:
            try:
                with self._open().begin() as connection:
                    if not _count_up(connection, digest, again):
                        connection.execute(insert(review_table).values(row))
            except IntegrityError:  # another process was faster
                with self._open().begin() as connection:
                    _count_up(connection, digest, again)
        except (SQLAlchemyError, OSError) as error:
            raise self._error("queue a message", error) from None

    def waiting(self) -> list[Waiting]:
        """All open messages, oldest first.

        Raises:
            ReviewQueueError: If they could not be read.
        """
        columns = [review_table.c[name] for name in Waiting.__dataclass_fields__]
        query = select(*columns).where(review_table.c.status == "open").order_by(review_table.c.id)
        try:
            with self._open().connect().execution_options(reads_only=True) as connection:
                return [Waiting(**row) for row in connection.execute(query).mappings()]
        except (SQLAlchemyError, OSError) as error:
            raise self._error("read messages", error) from None

    def resolve(self, ids: Collection[int], status: Status, resolution: str | None = None) -> None:
        """Sets what an editor has decided about messages.

        Args:
            ids: Of their rows.
            status: The decision.
            resolution: Where they went: an entry's id, or the draft's file.

        Raises:
            ReviewQueueError: If it could not be written; nothing is changed then.
        """
        values = {"status": status, "resolution": resolution}
        try:
            with self._open().begin() as connection:
                for id_ in ids:
                    connection.execute(
                        update(review_table).where(review_table.c.id == id_).values(values)
                    )
        except (SQLAlchemyError, OSError) as error:
            raise self._error("keep a decision", error) from None

    def purge(self, older_than: timedelta) -> int:
        """Deletes what was last asked longer ago than `older_than`, whatever its status.

        Returns:
            How many messages were deleted.

        Raises:
            ReviewQueueError: If that failed; nothing is deleted then.
        """
        try:
            with self._open().begin() as connection:
                old = delete(review_table).where(review_table.c.at < _now() - older_than)
                return int(connection.execute(old).rowcount)
        except (SQLAlchemyError, OSError) as error:
            raise self._error("delete old messages", error) from None

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                # NORMAL: after a power cut a question less is waiting, which harms nobody.
                engine = open_engine(self.url, durability="NORMAL")
                create_tables(engine, metadata)
                self._engine = engine
            return self._engine

    def _error(self, what: str, cause: Exception) -> ReviewQueueError:
        self._engine = None  # the next call opens anew: the file may have been replaced
        original = getattr(cause, "orig", None) or cause
        return ReviewQueueError(
            f"review queue {make_url(self.url)!r}: could not {what}: "
            f"{type(original).__name__}: {original}; "
            "check that the folder exists, belongs to this user, has space, and that no other "
            "program holds the file"
        )


def _count_up(connection: Connection, digest: str, again: dict[str, Any]) -> bool:
    """Counts a known text up; returns whether it is known."""
    known = update(review_table).where(review_table.c.digest == digest)
    status = review_table.c.status
    if again["reason"] in TURNED_DOWN:
        status = case((status == "accepted", "open"), else_=status)
    values = {**again, "times": review_table.c.times + 1, "status": status}
    counted = connection.execute(known.values(values))
    return bool(counted.rowcount)


def _without_placeholders(text: str) -> str:
    for placeholder in PLACEHOLDERS:
        text = text.replace(placeholder, "")
    return text


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def default_url() -> str:
    """The address of the site's own review queue."""
    return shared_database() or f"sqlite:///{state_folder() / 'review.sqlite'}"


def default_queue() -> ReviewQueue:
    """The site's own review queue, one in the process."""
    return _queue(default_url())


@lru_cache(maxsize=8)
def _queue(url: str) -> ReviewQueue:
    return ReviewQueue(url)
