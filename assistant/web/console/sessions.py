"""Who is logged in: rows of the store, so that a log-out is one and a restart is none."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import staff_session_table, staff_table
from assistant.escalation.times import now, utc
from assistant.web.console.accounts import Account, note_staff

KEY_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)  # how often a row is written for somebody who is busy


@dataclass(frozen=True)
class Limits:
    """When a session ends by itself.

    Attributes:
        idle: Since the person last did something; a page that looks by itself does not count.
        absolute: Since the log-in.
    """

    idle: timedelta = timedelta(hours=1)
    absolute: timedelta = timedelta(hours=12)


class Sessions:
    """Begins, finds and ends sessions; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
        limits: When a session ends by itself.
    """

    def __init__(self, store: EscalationStore, limits: Limits | None = None) -> None:
        self._store = store
        self._limits = limits or Limits()

    def begin(self, account: Account, address: str, at: datetime | None = None) -> str:
        """Logs somebody in; sessions that are over are deleted by the way.

        Returns:
            The key, for the browser alone.
        """
        at = at or now()
        key = new_key()
        times = {"begun_at": utc(at), "seen_at": utc(at)}
        with self._store.transaction("begin a session") as connection:
            connection.execute(delete(staff_session_table).where(self._over(at)))
            row = {"key": _hash(key), "staff_id": account.id, **times}
            connection.execute(insert(staff_session_table).values(row))
            note_staff(connection, "logged in", account.login, account.login, address)
        return key

    def account(self, key: str, acts: bool, at: datetime | None = None) -> Account | None:
        """Who is logged in with a key; None where the session is over or there is none.

        Args:
            key: As the browser sent it.
            acts: Whether the person does something, so that the session goes on.
            at: The present moment; by default now.
        """
        at = at or now()
        columns = staff_session_table.c
        wanted = [staff_table.c[field.name] for field in fields(Account)]
        found = (
            select(columns.id.label("session"), columns.seen_at, *wanted)
            .select_from(staff_session_table.join(staff_table))
            .where(columns.key == _hash(key), staff_table.c.disabled_at.is_(None))
            .where(~self._over(at))
        )
        with self._store.reading("look for a session") as connection:
            row = connection.execute(found).first()
        if row is None:
            return None
        if acts and utc(at) - row.seen_at >= SEEN_EVERY:
            with self._store.transaction("keep a session") as connection:
                own = update(staff_session_table).where(columns.id == row.session)
                connection.execute(own.values(seen_at=utc(at)))
        return Account(*(getattr(row, field.name) for field in fields(Account)))

    def end(self, key: str, account: Account, address: str) -> None:
        """Logs somebody out: the key is worth nothing from now on."""
        with self._store.transaction("end a session") as connection:
            own = staff_session_table.c.key == _hash(key)
            connection.execute(delete(staff_session_table).where(own))
            note_staff(connection, "logged out", account.login, account.login, address)

    def _over(self, at: datetime) -> Any:
        columns = staff_session_table.c
        return or_(
            columns.seen_at < utc(at - self._limits.idle),
            columns.begun_at < utc(at - self._limits.absolute),
        )


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(KEY_BYTES)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
