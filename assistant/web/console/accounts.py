"""Accounts of the console: who may log in, and as what; each change is noted in the audit."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import staff_event_table, staff_session_table, staff_table
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now, utc
from assistant.web.console.passwords import check_strength, hashed

Role = Literal["nurse", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
TERMINAL = "terminal"
LONGEST_NAME = 64
EVENTS_AT_A_TIME = 200

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class AccountError(Exception):
    """An account cannot be made or changed; the message says why and what is allowed."""


@dataclass(frozen=True)
class Account:
    """Somebody who may use the console.

    Attributes:
        id: Of the row.
        login: What they type to log in, and what the audit calls them.
        name: First name: patients read it.
        role: "nurse" or "admin".
        created_at: UTC without a zone, like the other.
        disabled_at: Since when they may no longer log in.
    """

    id: int
    login: str
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None

    @property
    def is_admin(self) -> bool:
        """Whether they may change accounts and sign texts."""
        return self.role == "admin"


class Accounts:
    """Makes, reads and changes accounts; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def add(self, login: str, name: str, role: str, password: str, who: str) -> Account:
        """Makes an account.

        Args:
            login: What the person types to log in.
            name: First name; patients read it.
            role: One of `ROLES`.
            password: A strong one.
            who: Who makes it.

        Raises:
            AccountError: If the login is taken, or something is not allowed.
            WeakPasswordError: If the password is too weak.
        """
        login, name = login.strip().lower(), " ".join(name.split())
        if not _LOGIN.fullmatch(login):
            raise AccountError(
                f"LOGIN={login!r}: allowed are 2 to 32 small letters, digits, dots and dashes, "
                "such as joy or j.smith"
            )
        _check_name(name)
        _check_role(role)
        check_strength(password, login, name)
        row = {
            "login": login,
            "name": name,
            "role": role,
            "password": hashed(password),
            "created_at": utc(now()),
        }
        with self._store.transaction("add an account") as connection:
            if _find(connection, login) is not None:
                raise AccountError(f"LOGIN={login}: there is such an account already")
            connection.execute(insert(staff_table).values(row))
            note_staff(connection, f"added as {role}", login, who, TERMINAL)
            return _account(_required(connection, login))

    def all(self) -> list[Account]:
        """All accounts, by login."""
        with self._store.reading("read accounts") as connection:
            rows = connection.execute(select(staff_table).order_by(staff_table.c.login)).all()
        return [_account(row) for row in rows]

    def set_password(self, login: str, password: str, who: str, origin: str = TERMINAL) -> None:
        """Gives an account another password; whoever is logged in with it is logged out.

        Raises:
            AccountError: If there is no such account.
            WeakPasswordError: If the password is too weak.
        """
        with self._store.reading("read an account") as connection:
            account = _account(_required(connection, login))
        check_strength(password, account.login, account.name)
        kept = hashed(password)  # before the transaction: it takes a while
        self._change(login, "password changed", who, origin, password=kept)

    def disable(self, login: str, who: str, origin: str = TERMINAL) -> None:
        """Keeps somebody from logging in; whoever is logged in is logged out.

        Conversations that they have taken over go back to the assistant, and to whoever is on duty
        where a patient waits.

        Raises:
            AccountError: If there is no such account, or it is the last admin's.
        """
        self._change(login, "disabled", who, origin, disabled_at=utc(now()))
        TakeOvers(self._store).end_of(login.strip().lower())

    def enable(self, login: str, who: str, origin: str = TERMINAL) -> None:
        """Lets somebody log in again.

        Raises:
            AccountError: If there is no such account.
        """
        self._change(login, "enabled", who, origin, disabled_at=None)

    def set_role(self, login: str, role: str, who: str, origin: str = TERMINAL) -> None:
        """Gives an account another role; whoever is logged in with it is logged out.

        Raises:
            AccountError: If there is no such account or role, or it is the last admin's.
        """
        _check_role(role)
        self._change(login, f"role: {role}", who, origin, role=role)

    def events(self, before: int | None = None) -> list[Row]:
        """The audit, newest first, so many at a time.

        Args:
            before: Only those with a smaller id.
        """
        events = select(staff_event_table).order_by(staff_event_table.c.id.desc())
        if before is not None:
            events = events.where(staff_event_table.c.id < before)
        with self._store.reading("read the audit") as connection:
            return list(connection.execute(events.limit(EVENTS_AT_A_TIME)).all())

    def _change(self, login: str, what: str, who: str, origin: str, **values: object) -> None:
        columns = staff_table.c
        with self._store.transaction("change an account") as connection:
            account = _required(connection, login)
            connection.execute(update(staff_table).where(columns.id == account.id).values(values))
            own = staff_session_table.c.staff_id == account.id
            connection.execute(delete(staff_session_table).where(own))
            note_staff(connection, what, account.login, who, origin)
            admins = select(func.count()).where(
                columns.role == "admin", columns.disabled_at.is_(None)
            )
            if account.role == "admin" and not connection.execute(admins).scalar_one():
                raise AccountError(f"{account.login} is the last admin; make another one first")


def note_staff(
    connection: Connection, what: str, login: str | None, who: str, address: str
) -> None:
    """Adds a row to the audit of log-ins and accounts.

    Args:
        connection: In a transaction.
        what: What happened.
        login: The account that it happened to; None where there is none.
        who: Who did it.
        address: From where: an IP address, or the terminal.
    """
    row = {"at": utc(now()), "what": what[:64], "login": login, "who": who[:64]}
    connection.execute(insert(staff_event_table).values(**row, address=address[:64]))


def _check_name(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME or not any(map(str.isalpha, name)):
        raise AccountError(
            f"NAME={name!r}: a first name of 1 to {LONGEST_NAME} characters is needed; patients "
            "read it"
        )


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise AccountError(f"ROLE={role!r}: allowed are {' and '.join(ROLES)}")


def _find(connection: Connection, login: str) -> Row | None:
    named = select(staff_table).where(staff_table.c.login == login.strip().lower())
    found: Row | None = connection.execute(named.with_for_update()).first()
    return found


def _required(connection: Connection, login: str) -> Row:
    found = _find(connection, login)
    if found is None:
        raise AccountError(f"LOGIN={login}: there is no such account; see make staff-list")
    return found


def _account(row: Row) -> Account:
    return Account(**{field.name: getattr(row, field.name) for field in fields(Account)})
