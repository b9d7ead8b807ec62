"""Logging in: the same answer whatever was wrong, and a growing pause after failures."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import staff_failure_table, staff_table
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
        with self._store.reading("look for an account") as connection:
            found = connection.execute(
                select(staff_table).where(staff_table.c.login == login)
            ).first()
            self._refuse_blocked(connection, list(keys))
        known = found.login if found is not None else None
        usable = found is not None and found.disabled_at is None
        right = matches(password, found.password if usable else None)
        with self._store.transaction("note a log-in") as connection:
            if right:
                connection.execute(_of_keys(delete(staff_failure_table), list(keys)[:1]))
            else:
                blocked = self._count(connection, keys)
                what = "log-in failed, blocked" if blocked else "log-in failed"
                note_staff(connection, what, known, known or NOBODY, address)
        if not right:
            raise LogInError("name or password is wrong")
        shown = {name: found._mapping[name] for name in Account.__dataclass_fields__}
        return Account(**shown)

    def _refuse_blocked(self, connection: Connection, keys: list[str]) -> None:
        at = utc(self._clock())
        columns = staff_failure_table.c
        blocked = select(columns.blocked_until).where(
            columns.key.in_(keys), columns.blocked_until > at
        )
        until = max(connection.execute(blocked).scalars(), default=None)
        if until is not None:
            raise BlockedError(until)

    def _count(self, connection: Connection, keys: dict[str, int]) -> bool:
        """Counts a failure; returns whether a pause begins."""
        at = self._clock()
        columns = staff_failure_table.c
        old = columns.last_at < utc(at - FORGOTTEN_AFTER)
        connection.execute(delete(staff_failure_table).where(old))
        blocked = False
        for key, free in keys.items():
            before = connection.execute(select(columns.failures).where(columns.key == key)).scalar()
            failures = (before or 0) + 1
            over = failures - free
            pause = min(FIRST_PAUSE * 2 ** min(over, 10), LONGEST_PAUSE) if over >= 0 else None
            blocked = blocked or pause is not None
            row = {
                "failures": failures,
                "last_at": utc(at),
                "blocked_until": utc(at + pause) if pause else None,
            }
            if before is None:
                connection.execute(insert(staff_failure_table).values(key=key, **row))
            else:
                connection.execute(_of_keys(update(staff_failure_table), [key]).values(row))
        return blocked


def _of_keys(statement: Any, keys: list[str]) -> Any:
    return statement.where(staff_failure_table.c.key.in_(keys))


def _key(kind: str, value: str) -> str:
    return hmac.new(site_secret(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
