"""The escalation table: one durable record for each message with a red flag."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.sql import Select

from assistant.escalation.database import open_engine
from assistant.paths import state_folder
from assistant.red_flags.repetition import AGAIN_WITHIN, SAME_CONTACT, raise_repeated

SMALLEST_FREE_BYTES = 16 * 2**20

metadata = MetaData()
escalation_table = Table(
    "escalation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(255), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("recorded_at", DateTime, nullable=False),  # UTC: SQLite keeps no zone
    Column("priority", String(16)),
    Column("urgency", String(16)),
    Column("mentions", JSON, nullable=False),
    Column("model_version", String(128)),
    Column("corpus_version", String(128)),
    UniqueConstraint("conversation", "message_id"),
    Index("escalation_recorded_at", "recorded_at"),
)


class EscalationStoreError(Exception):
    """A record could not be written or read; the message says why and what to do."""


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Escalation:
    """What is kept of a message with a red flag.

    No value is checked against a vocabulary: a record is never refused over its wording.

    Attributes:
        conversation: The conversation's id (Rasa's `sender_id`).
        message_id: The client's id of the message, or Rasa's.
        channel: The input channel's name.
        priority: "page", "same-day" or "review".
        urgency: "emergency" or "same-day".
        mentions: The turn's `red_flags`: category, urgency, status, words and so on.
        model_version: Of the model that answered.
        corpus_version: Of the corpus that answered.
        recorded_at: When the message was seen, UTC.
    """

    conversation: str
    message_id: str
    channel: str
    priority: str | None
    urgency: str | None
    mentions: list[dict[str, Any]]
    model_version: str | None = None
    corpus_version: str | None = None
    recorded_at: datetime = field(default_factory=_now)

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values, for the emergency journal."""
        return {**self.__dict__, "recorded_at": self.recorded_at.isoformat()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Escalation:
        """Reads what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: If the values are no record.
        """
        return cls(**{**values, "recorded_at": datetime.fromisoformat(values["recorded_at"])})


@dataclass(frozen=True)
class Recorded:
    """The record of a message.

    Attributes:
        id: Its id in the table.
        is_new: False if the message had been recorded before; `id` is then the first record's.
        escalation: As it was recorded: raised, where the conversation had come to it before.
    """

    id: int
    is_new: bool
    escalation: Escalation


class EscalationStore:
    """Escalations in a database of their own.

    Each call has a connection and a transaction of its own, committed when it returns. The file
    and the table are made by the first call: a store that cannot be reached stops no start.

    Args:
        url: A SQLAlchemy address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def record(self, escalation: Escalation) -> Recorded:
        """Records an escalation; the same message again changes nothing.

        What an earlier contact of the last 48 hours was about already is raised, in the same
        transaction, see `assistant.red_flags.repetition`.

        Returns:
            The new record, or the one of the same conversation and message id.

        Raises:
            EscalationStoreError: If it could not be written.
        """
        message_id = escalation.message_id
        try:
            with self._open().begin() as connection:
                known = connection.execute(
                    _same_message(escalation.conversation, message_id)
                ).first()
                if known is not None and _said(known.mentions) != _said(escalation.mentions):
                    # Another message under a used id: it must not be taken for the first.
                    message_id = _other_id(escalation)
                    same = _same_message(escalation.conversation, message_id)
                    known = connection.execute(same).first()
                if known is not None:
                    return _as_recorded(known, escalation)
                raised = _raised(escalation, connection)
                values = {
                    **raised.__dict__,
                    "message_id": message_id,
                    "recorded_at": _utc(raised.recorded_at),
                }
                result = connection.execute(insert(escalation_table).values(values))
                return Recorded(result.inserted_primary_key[0], is_new=True, escalation=raised)
        except IntegrityError as error:  # another process was faster
            with self._open().connect() as connection:
                known = connection.execute(
                    _same_message(escalation.conversation, message_id)
                ).first()
            if known is None:
                raise self._error("record an escalation", error) from error
            return _as_recorded(known, escalation)
        except (SQLAlchemyError, OSError) as error:
            raise self._error("record an escalation", error) from error

    def check(self) -> None:
        """Writes a record and takes it back, to know whether the next one can be written.

        Raises:
            EscalationStoreError: If it could not, or the disk is nearly full.
        """
        probe = Escalation("readiness-probe", "readiness-probe", "none", None, None, [])
        values = {**probe.__dict__, "recorded_at": probe.recorded_at.replace(tzinfo=None)}
        try:
            with self._open().connect() as connection:
                transaction = connection.begin()
                try:
                    connection.execute(insert(escalation_table).values(values))
                finally:
                    transaction.rollback()
            file = Path(make_url(self.url).database or "")
            free = shutil.disk_usage(file.parent).free if file.is_file() else None
        except (SQLAlchemyError, OSError) as error:
            raise self._error("write a probe", error) from error
        if free is not None and free < SMALLEST_FREE_BYTES:
            raise EscalationStoreError(
                f"escalation store {make_url(self.url)!r}: {free} bytes are free on its disk, "
                f"at least {SMALLEST_FREE_BYTES} are needed; free some space"
            )

    def purge(self, older_than: timedelta) -> int:
        """Deletes what was recorded longer ago than `older_than`.

        Returns:
            How many records were deleted.

        Raises:
            EscalationStoreError: If that failed; nothing is deleted then.
        """
        limit = (_now() - older_than).replace(tzinfo=None)
        try:
            with self._open().begin() as connection:
                old = delete(escalation_table).where(escalation_table.c.recorded_at < limit)
                return int(connection.execute(old).rowcount)
        except (SQLAlchemyError, OSError) as error:
            raise self._error("delete old records", error) from error

    def records(self) -> list[dict[str, Any]]:
        """All records as dictionaries, oldest first.

        Raises:
            EscalationStoreError: If they could not be read.
        """
        try:
            with self._open().connect().execution_options(reads_only=True) as connection:
                return [*map(dict, connection.execute(_in_order).mappings())]
        except (SQLAlchemyError, OSError) as error:
            raise self._error("read records", error) from error

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = open_engine(self.url, durability="FULL")
                with engine.begin() as connection:
                    _make_tables(connection)
                self._engine = engine
            return self._engine

    def _error(self, what: str, cause: Exception) -> EscalationStoreError:
        self._engine = None  # the next call opens anew: the file may have been replaced
        original = getattr(cause, "orig", None) or cause
        return EscalationStoreError(
            f"escalation store {make_url(self.url)!r}: could not {what}: "
            f"{type(original).__name__}: {original}; "
            "check that the folder exists, belongs to this user, has space, and that no other "
            "program holds the file"
        )


_in_order = select(escalation_table).order_by(escalation_table.c.id)


def _same_message(conversation: str, message_id: str) -> Select:
    columns = escalation_table.c
    return select(columns.id, columns.mentions, columns.priority, columns.urgency).where(
        escalation_table.c.conversation == conversation,
        escalation_table.c.message_id == message_id,
    )


def _as_recorded(known: Any, escalation: Escalation) -> Recorded:
    stands = replace(
        escalation, mentions=known.mentions, priority=known.priority, urgency=known.urgency
    )
    return Recorded(known.id, is_new=False, escalation=stands)


def _raised(escalation: Escalation, connection: Connection) -> Escalation:
    """The escalation, raised where an earlier contact was about the same."""
    columns = escalation_table.c
    earlier = connection.execute(
        select(columns.mentions).where(
            columns.conversation == escalation.conversation,
            columns.recorded_at >= _utc(escalation.recorded_at - AGAIN_WITHIN),
            columns.recorded_at <= _utc(escalation.recorded_at - SAME_CONTACT),
        )
    ).scalars()
    mentions = raise_repeated(escalation.mentions, earlier)
    if mentions == escalation.mentions:
        return escalation
    return replace(
        escalation,
        mentions=mentions,
        priority=mentions[0]["priority"],
        urgency=mentions[0]["urgency"],
    )


def _utc(moment: datetime) -> datetime:
    """As the table keeps it: UTC, without a zone."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def _said(mentions: list[dict[str, Any]]) -> list[list[Any]]:
    """What tells one message's mentions from another's."""
    keys = ("category", "status", "words")
    return sorted([str(mention.get(key)) for key in keys] for mention in mentions)


def _other_id(escalation: Escalation) -> str:
    digest = hashlib.sha256(json.dumps(_said(escalation.mentions)).encode()).hexdigest()
    return f"{escalation.message_id[:200]}~{digest[:12]}"


def _make_tables(connection: Connection) -> None:
    metadata.create_all(connection)


def default_url() -> str:
    """The address of the site's own escalations."""
    return f"sqlite:///{state_folder() / 'escalations.sqlite'}"


def default_store() -> EscalationStore:
    """The site's own escalation store, one in the process."""
    return _store(default_url())


@lru_cache(maxsize=8)
def _store(url: str) -> EscalationStore:
    return EscalationStore(url)
