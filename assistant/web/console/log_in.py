"""Logging in: the same answer whatever was wrong, and a growing pause after failures."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql as of_postgresql
from sqlalchemy.dialects import sqlite as of_sqlite
from sqlalchemy.engine import Connection

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import staff_failure_table as _failures
from assistant.escalation.tables import staff_table
from assistant.escalation.times import now, utc
from assistant.secret import site_secret
from assistant.web.console.accounts import Account, note_staff
from assistant.web.console.passwords import matches

FREE_OF_ACCOUNT, FREE_OF_ADDRESS = 5, 20  # a ward shares an address
FIRST_PAUSE = timedelta(seconds=30)  # doubled with each failure more
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
NOBODY = "unknown"


class LogInError(Exception):
    """Nobody was logged in; the message says nothing of what was wrong."""


class BlockedError(LogInError):
    """After too many failures nothing is tried for a while.

    Args:
        until: The end of the pause, UTC.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__("too many failures")
        self.until = until


class Door:
    """Checks names and passwords.

    Args:
        store: The escalation store.
        clock: Gives the present moment.
    """

    def __init__(self, store: EscalationStore, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._clock = clock

    def enter(self, login: str, password: str, address: str) -> Account:
        """Finds the account of a name and a password.

        Args:
            login: As it was typed.
            password: As it was typed.
            address: From where.

        Raises:
            BlockedError: If there were too many failures for this name or from this address.
            LogInError: If they are not right, for whatever reason.
            EscalationStoreError: If the store failed.
        """
        login = login.strip().lower()
        # Hashed: a password typed into the wrong field must not be kept.
        keys = {_key("account", login): FREE_OF_ACCOUNT, _key("address", address): FREE_OF_ADDRESS}
        # Counted before the password is looked at: those who try at once all count.
        with self._store.transaction("count a log-in") as connection:
            pauses = self._count(connection, keys)
            found = connection.execute(
                select(staff_table).where(staff_table.c.login == login)
            ).first()
        known = found.login if found is not None else None
        usable = found is not None and found.disabled_at is None
        right = matches(password, found.password if usable else None)
        with self._store.transaction("note a log-in") as connection:
            if right:
                account, address_key = keys
                connection.execute(delete(_failures).where(_failures.c.key == account))
                _give_back(connection, address_key, pauses[address_key])
            else:
                what = "log-in failed, blocked" if any(pauses.values()) else "log-in failed"
                note_staff(connection, what, known, known or NOBODY, address)
        if not right:
            raise LogInError("name or password is wrong")
        shown = {name: found._mapping[name] for name in Account.__dataclass_fields__}
        return Account(**shown)

    def _count(self, connection: Connection, keys: dict[str, int]) -> dict[str, datetime | None]:
        """Counts a try as a failure; returns until when each key is blocked by it."""
        at, columns = self._clock(), _failures.c
        forgotten = utc(at - FORGOTTEN_AFTER)
        for key in keys:
            connection.execute(_one_more(connection, key, utc(at), forgotten))
        counted = connection.execute(select(_failures).where(columns.key.in_(keys))).all()
        blocked = [row.blocked_until for row in counted if row.blocked_until is not None]
        if blocked and max(blocked) > utc(at):
            raise BlockedError(max(blocked))  # and the transaction counts nothing
        pauses = {row.key: _pause(row.failures - keys[row.key]) for row in counted}
        until = {key: utc(at + pause) if pause else None for key, pause in pauses.items()}
        for key, moment in until.items():
            own = update(_failures).where(columns.key == key)
            connection.execute(own.values(blocked_until=moment))
        old = select(columns.id).where(columns.last_at < forgotten)
        free = old.with_for_update(skip_locked=True)
        connection.execute(delete(_failures).where(columns.id.in_(free)))
        return until


def _one_more(connection: Connection, key: str, at: datetime, forgotten: datetime) -> Any:
    """Adds one to a count that may be there already, however many do so at once."""
    postgresql = connection.dialect.name == "postgresql"
    adding: Any = (of_postgresql if postgresql else of_sqlite).insert(_failures)
    columns = _failures.c
    old = columns.last_at < forgotten
    return adding.values(key=key, failures=1, last_at=at).on_conflict_do_update(
        index_elements=[columns.key],
        set_={"failures": case((old, 1), else_=columns.failures + 1), "last_at": at},
    )


def _pause(over: int) -> timedelta | None:
    return min(FIRST_PAUSE * 2 ** min(over, 10), LONGEST_PAUSE) if over >= 0 else None


def _give_back(connection: Connection, key: str, until: datetime | None) -> None:
    """Takes a try back that was none, with the pause that it began."""
    columns = _failures.c
    own = update(_failures).where(columns.key == key)
    connection.execute(own.values(failures=columns.failures - 1))
    connection.execute(own.where(columns.blocked_until == until).values(blocked_until=None))


def _key(kind: str, value: str) -> str:
    return hmac.new(site_secret(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
