"""The stored replies: a message that is sent again is answered with the same words.

For channels that show a conversation again after a reload, its turns are kept in their order, with
the patient's words as Rasa got them. What else a patient leaves (consent, ratings) lies beside.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assistant.escalation.database import create_tables, open_engine
from assistant.paths import state_folder
from assistant.profile import shared_database

metadata = MetaData()
reply_table = Table(
    "reply",
    metadata,
    Column("conversation", String(255), primary_key=True),
    Column("message_id", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("messages", JSON, nullable=False),
    Column("stored_at", DateTime, nullable=False),
    Index("reply_stored_at", "stored_at"),
)
# A table of its own: `reply` stands in stores of sites that run already.
turn_table = Table(
    "turn",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("conversation", String(255), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("text", Text, nullable=False),
    Column("stored_at", DateTime, nullable=False),
    Index("turn_conversation", "conversation", "number"),
    Index("turn_message", "conversation", "message_id", unique=True),
    sqlite_autoincrement=True,  # a number that was purged is never given again
)
consent_table = Table(
    "consent",
    metadata,
    Column("conversation", String(255), primary_key=True),
    Column("version", String(40), primary_key=True),
    Column("stored_at", DateTime, nullable=False),
)
rating_table = Table(
    "rating",
    metadata,
    Column("conversation", String(255), primary_key=True),
    Column("message_id", String(255), primary_key=True),
    Column("helpful", Boolean, nullable=False),
    Column("remark", Text),
    Column("stored_at", DateTime, nullable=False),
)

_SAME_MESSAGE = (turn_table.c.conversation == reply_table.c.conversation) & (
    turn_table.c.message_id == reply_table.c.message_id
)


class ReplyStoreError(Exception):
    """A reply could not be stored or looked up; the message says why."""


@dataclass(frozen=True)
class Reply:
    """A stored reply.

    Attributes:
        messages: The assistant's messages, as they were sent.
        digest: Of the text that they answer (`digest_of`).
        number: Of its turn, where turns are kept: grows from turn to turn.
    """

    messages: list[dict[str, Any]]
    digest: str
    number: int | None = None


@dataclass(frozen=True)
class Turn:
    """A turn of a conversation that is kept.

    Attributes:
        number: Grows from turn to turn.
        message_id: The client's.
        text: The patient's words, as Rasa got them.
        messages: The reply.
        at: When it was stored, UTC without a zone.
    """

    number: int
    message_id: str
    text: str
    messages: list[dict[str, Any]]
    at: datetime


def digest_of(text: str) -> str:
    """A fingerprint of a patient's text, to tell a repeated message from a reused id."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class ReplyStore:
    """The assistant's replies by conversation and message id.

    Args:
        url: A SQLAlchemy address.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def get(self, conversation: str, message_id: str) -> Reply | None:
        """Looks a reply up.

        Raises:
            ReplyStoreError: If the store cannot be read.
        """
        row = (
            select(reply_table.c.messages, reply_table.c.digest, turn_table.c.number)
            .select_from(reply_table.outerjoin(turn_table, _SAME_MESSAGE))
            .where(
                reply_table.c.conversation == conversation, reply_table.c.message_id == message_id
            )
        )
        found = self._read("look a reply up", row)
        return Reply(*found[0]) if found else None

    def put(
        self, conversation: str, message_id: str, reply: Reply, text: str | None = None
    ) -> Reply:
        """Stores a reply; the first one for a message stays.

        Args:
            conversation: Of the patient.
            message_id: Of the message that it answers.
            reply: To store.
            text: The patient's words, where the turn is kept (`turns`).

        Returns:
            The reply that is stored now.

        Raises:
            ReplyStoreError: If it cannot be written.
        """
        values = {
            "conversation": conversation,
            "message_id": message_id,
            "digest": reply.digest,
            "messages": reply.messages,
            "stored_at": _now(),
        }
        try:
            with self._open().begin() as connection:
                connection.execute(insert(reply_table).values(values))
                if text is None:
                    return reply
                turn = {key: values[key] for key in ("conversation", "message_id", "stored_at")}
                made = connection.execute(insert(turn_table).values(**turn, text=text))
                return replace(reply, number=made.inserted_primary_key[0])
        except IntegrityError:
            return self.get(conversation, message_id) or reply
        except (SQLAlchemyError, OSError) as error:
            raise self._error("store a reply", error) from error

    def turns(self, conversation: str, after: int = 0, most: int = 100) -> list[Turn]:
        """The kept turns of a conversation, oldest first.

        Args:
            conversation: Of the patient.
            after: Only turns with a greater number.
            most: At most so many, the oldest.

        Raises:
            ReplyStoreError: If the store cannot be read.
        """
        columns = turn_table.c
        rows = (
            select(
                columns.number,
                columns.message_id,
                columns.text,
                reply_table.c.messages,
                columns.stored_at,
            )
            .select_from(turn_table.join(reply_table, _SAME_MESSAGE))
            .where(columns.conversation == conversation, columns.number > after)
            .order_by(columns.number)
            .limit(most)
        )
        return [Turn(*row) for row in self._read("list turns", rows)]

    def note_consent(self, conversation: str, version: str) -> None:
        """Records, with the time, to which words a patient agreed; the first time stays.

        Raises:
            ReplyStoreError: If that failed.
        """
        known = select(consent_table.c.version).where(
            consent_table.c.conversation == conversation, consent_table.c.version == version
        )
        try:
            with self._open().begin() as connection:
                if connection.execute(known).first() is None:
                    connection.execute(
                        insert(consent_table).values(
                            conversation=conversation, version=version, stored_at=_now()
                        )
                    )
        except IntegrityError:
            return  # two messages at a time: the other was first
        except (SQLAlchemyError, OSError) as error:
            raise self._error("record consent", error) from error

    def note_rating(
        self, conversation: str, message_id: str, helpful: bool, remark: str | None
    ) -> None:
        """Stores how a patient rated the answer to a message; the last rating and remark stay.

        Raises:
            ReplyStoreError: If that failed.
        """
        own = (rating_table.c.conversation == conversation) & (
            rating_table.c.message_id == message_id
        )
        values = {"helpful": helpful, "stored_at": _now()}
        place = {"conversation": conversation, "message_id": message_id}
        try:
            with self._open().begin() as connection:
                before = connection.execute(select(rating_table.c.remark).where(own)).scalar()
                connection.execute(delete(rating_table).where(own))
                connection.execute(
                    insert(rating_table).values(**place, **values, remark=remark or before)
                )
        except (SQLAlchemyError, OSError) as error:
            raise self._error("store a rating", error) from error

    def consents(self, conversation: str) -> list[tuple[str, datetime]]:
        """To which versions a patient agreed, and when (UTC without a zone), oldest first.

        Raises:
            ReplyStoreError: If the store cannot be read.
        """
        rows = (
            select(consent_table.c.version, consent_table.c.stored_at)
            .where(consent_table.c.conversation == conversation)
            .order_by(consent_table.c.stored_at)
        )
        return [(version, at) for version, at in self._read("read consent", rows)]

    def ratings(self, conversation: str) -> list[tuple[str, bool, str | None]]:
        """Message ids that a patient rated, whether it helped, and the remark; oldest first.

        Raises:
            ReplyStoreError: If the store cannot be read.
        """
        columns = rating_table.c
        rows = (
            select(columns.message_id, columns.helpful, columns.remark)
            .where(columns.conversation == conversation)
            .order_by(columns.stored_at)
        )
        return [tuple(row) for row in self._read("read ratings", rows)]

    def purge(self, older_than: timedelta) -> int:
        """Deletes what was stored longer ago than `older_than`; returns how many replies went.

        Raises:
            ReplyStoreError: If that failed; nothing is deleted then.
        """
        limit = _now() - older_than
        try:
            with self._open().begin() as connection:
                for table in (turn_table, consent_table, rating_table):
                    connection.execute(delete(table).where(table.c.stored_at < limit))
                old = delete(reply_table).where(reply_table.c.stored_at < limit)
                return int(connection.execute(old).rowcount)
        except (SQLAlchemyError, OSError) as error:
            raise self._error("delete old replies", error) from error

    def _read(self, what: str, rows: Any) -> list[Any]:
        try:
            with self._open().connect().execution_options(reads_only=True) as connection:
                return list(connection.execute(rows))
        except (SQLAlchemyError, OSError) as error:
            raise self._error(what, error) from error

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                # NORMAL: after a power cut a reply may be made anew, which harms nobody.
                engine = open_engine(self.url, durability="NORMAL", pooled=True)
                create_tables(engine, metadata)
                self._engine = engine
            return self._engine

    def _error(self, what: str, cause: Exception) -> ReplyStoreError:
        self._engine = None  # the next call opens anew: the file may have been replaced
        original = getattr(cause, "orig", None) or cause
        return ReplyStoreError(
            f"reply store {make_url(self.url)!r}: could not {what}: "
            f"{type(original).__name__}: {original}"
        )


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def default_url() -> str:
    """The address of the site's own stored replies."""
    return shared_database() or f"sqlite:///{state_folder() / 'replies.sqlite'}"


def default_replies() -> ReplyStore:
    """The site's own reply store, one in the process."""
    return _store(default_url())


@lru_cache(maxsize=8)
def _store(url: str) -> ReplyStore:
    return ReplyStore(url)
