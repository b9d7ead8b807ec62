"""The stored replies: a message that is sent again is answered with the same words."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Index,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assistant.escalation.database import open_engine
from assistant.paths import state_folder

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


class ReplyStoreError(Exception):
    """A reply could not be stored or looked up; the message says why."""


@dataclass(frozen=True)
class Reply:
    """A stored reply.

    Attributes:
        messages: The assistant's messages, as they were sent.
        digest: Of the text that they answer (`digest_of`).
    """

    messages: list[dict[str, Any]]
    digest: str


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
        row = select(reply_table.c.messages, reply_table.c.digest).where(
            reply_table.c.conversation == conversation, reply_table.c.message_id == message_id
        )
        try:
            with self._open().connect().execution_options(reads_only=True) as connection:
                found = connection.execute(row).first()
        except (SQLAlchemyError, OSError) as error:
            raise self._error("look a reply up", error) from error
        return Reply(found[0], found[1]) if found else None

    def put(self, conversation: str, message_id: str, reply: Reply) -> Reply:
        """Stores a reply; the first one for a message stays.

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
            "stored_at": datetime.now(timezone.utc).replace(tzinfo=None),
        }
        try:
            with self._open().begin() as connection:
                connection.execute(insert(reply_table).values(values))
            return reply
        except IntegrityError:
            return self.get(conversation, message_id) or reply
        except (SQLAlchemyError, OSError) as error:
            raise self._error("store a reply", error) from error

    def purge(self, older_than: timedelta) -> int:
        """Deletes replies that were stored longer ago than `older_than`; returns how many.

        Raises:
            ReplyStoreError: If that failed; nothing is deleted then.
        """
        limit = (datetime.now(timezone.utc) - older_than).replace(tzinfo=None)
        try:
            with self._open().begin() as connection:
                old = delete(reply_table).where(reply_table.c.stored_at < limit)
                return int(connection.execute(old).rowcount)
        except (SQLAlchemyError, OSError) as error:
            raise self._error("delete old replies", error) from error

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                # NORMAL: after a power cut a reply may be made anew, which harms nobody.
                engine = open_engine(self.url, durability="NORMAL", pooled=True)
                with engine.begin() as connection:
                    metadata.create_all(connection)
                self._engine = engine
            return self._engine

    def _error(self, what: str, cause: Exception) -> ReplyStoreError:
        self._engine = None  # the next call opens anew: the file may have been replaced
        original = getattr(cause, "orig", None) or cause
        return ReplyStoreError(
            f"reply store {make_url(self.url)!r}: could not {what}: "
            f"{type(original).__name__}: {original}"
        )


def default_url() -> str:
    """The address of the site's own stored replies."""
    return f"sqlite:///{state_folder() / 'replies.sqlite'}"


def default_replies() -> ReplyStore:
    """The site's own reply store, one in the process."""
    return _store(default_url())


@lru_cache(maxsize=8)
def _store(url: str) -> ReplyStore:
    return ReplyStore(url)
