"""The cases as people handle them: look, acknowledge, close, and what the patient is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import leave_notice, note
from assistant.escalation.escalation import rank
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import (
    case_table,
    delivery_table,
    escalation_table,
    event_table,
    notice_table,
)
from assistant.escalation.times import now, utc

OPEN = ("recorded", "notified")  # nobody has acknowledged


class NoSuchCaseError(Exception):
    """There is no such case; the message says what to do."""


@dataclass(frozen=True)
class Notice:
    """Something that a conversation is told.

    Attributes:
        id: Grows from notice to notice.
        kind: "seen" (somebody acknowledged) or "waiting" (nobody has in time).
        at: When that happened, UTC without a zone.
        priority: Of the case.
    """

    id: int
    kind: str
    at: datetime
    priority: str


class CaseBook:
    """Reads and changes cases; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def open_cases(self) -> list[Row]:
        """What is not closed: first what nobody acknowledged, then by priority and age."""
        with self._store.reading("read cases") as connection:
            found = connection.execute(select(case_table).where(case_table.c.state != "closed"))
            return sorted(
                found.all(),
                key=lambda case: (case.state not in OPEN, rank(case.priority), case.opened_at),
            )

    def unseen(self, before: datetime) -> int:
        """How many cases nobody has acknowledged that were last spoken of before a moment, UTC."""
        columns = case_table.c
        old = select(func.count()).where(
            columns.state.in_(OPEN), columns.last_mention_at < utc(before)
        )
        with self._store.reading("count cases") as connection:
            return int(connection.execute(old).scalar_one())

    def case(self, reference: str) -> Row:
        """One case.

        Raises:
            NoSuchCaseError: If there is none.
        """
        with self._store.reading("read a case") as connection:
            return _case(connection, reference)

    def events(self, case_id: int) -> list[Row]:
        """The audit of a case, oldest first."""
        events = select(event_table).where(event_table.c.case_id == case_id)
        with self._store.reading("read a case") as connection:
            return list(connection.execute(events.order_by(event_table.c.id)).all())

    def messages(self, case_id: int) -> list[Row]:
        """The messages of a case, oldest first; they hold patients' words."""
        messages = select(escalation_table).where(escalation_table.c.case_id == case_id)
        with self._store.reading("read a case") as connection:
            return list(connection.execute(messages.order_by(escalation_table.c.id)).all())

    def parked(self) -> list[Row]:
        """Deliveries that were given up, of cases that nobody has acknowledged."""
        parked = select(delivery_table).where(delivery_table.c.state == "parked")
        with self._store.reading("read deliveries") as connection:
            rows = connection.execute(parked.order_by(delivery_table.c.id)).all()
            waiting = set(
                connection.execute(
                    select(case_table.c.id).where(case_table.c.state.in_(OPEN))
                ).scalars()
            )
        return [row for row in rows if waiting & set(row.cases)]

    def acknowledge(
        self, reference: str, who: str, origin: str, at: datetime | None = None
    ) -> bool:
        """Notes that somebody has taken a case; the patient is told.

        Args:
            reference: Of the case.
            who: The person's name or role.
            origin: From where: "terminal", "link" ...
            at: When; by default now.

        Returns:
            False where somebody had acknowledged or closed it before: then nothing changes.

        Raises:
            NoSuchCaseError: If there is no such case.
        """
        with self._store.transaction("acknowledge a case") as connection:
            case = _case(connection, reference, lock=True)
            return acknowledge(connection, case, who, origin, at or now())

    def use_link(self, delivery_id: int, at: datetime | None = None) -> bool:
        """Acknowledges the cases of a notification, for whom it was sent to; a link works once.

        Returns:
            False where the link was used before, or all its cases were acknowledged.

        Raises:
            NoSuchCaseError: If the notification and its cases are purged.
        """
        at = at or now()
        with self._store.transaction("acknowledge by a link") as connection:
            delivery = _delivery(connection, delivery_id, lock=True)
            if delivery.link_used_at is not None:
                return False
            used = update(delivery_table).where(delivery_table.c.id == delivery_id)
            connection.execute(used.values(link_used_at=utc(at)))
            cases = [_by_id(connection, case_id, lock=True) for case_id in sorted(delivery.cases)]
            who = delivery.contact
            taken = [acknowledge(connection, case, who, "link", at) for case in cases]
            return any(taken)

    def of_link(self, delivery_id: int) -> tuple[Row, list[Row]]:
        """A notification and its cases.

        Raises:
            NoSuchCaseError: If they are purged.
        """
        with self._store.reading("read a case") as connection:
            delivery = _delivery(connection, delivery_id)
            return delivery, [_by_id(connection, case_id) for case_id in delivery.cases]

    def close(self, reference: str, who: str, origin: str, at: datetime | None = None) -> bool:
        """Closes a case; one that nobody acknowledged is acknowledged with it.

        Returns:
            False where it was closed before.

        Raises:
            NoSuchCaseError: If there is no such case.
        """
        at = at or now()
        with self._store.transaction("close a case") as connection:
            case = _case(connection, reference, lock=True)
            if case.state == "closed":
                return False
            acknowledge(connection, case, who, origin, at)
            _change(connection, case.id, state="closed", closed_at=utc(at), due_at=None)
            note(connection, case.id, "closed", who, origin, at)
            return True

    def wants_contact(self, conversation: str, again: bool = False) -> bool:
        """Whether the conversation was asked for a number to call back, and gave none yet.

        Args:
            conversation: Of the patient.
            again: Whether another number may take the place of one that was given.
        """
        columns = case_table.c
        asked = select(columns.id).where(
            columns.conversation == conversation,
            columns.state != "closed",
            columns.contact_asked_at.isnot(None),
        )
        if not again:
            asked = asked.where(columns.contact_number.is_(None))
        with self._store.reading("read cases") as connection:
            return connection.execute(asked.limit(1)).first() is not None

    def keep_contact(self, conversation: str, name: str | None, number: str, origin: str) -> bool:
        """Keeps how a patient can be called back, with the open cases of the conversation alone.

        Args:
            conversation: Of the patient.
            name: As it was typed.
            number: As it was typed.
            origin: The channel.

        Returns:
            False where no case is open.
        """
        columns = case_table.c
        with self._store.transaction("keep a call-back number") as connection:
            open_ones = connection.execute(
                select(columns.id)
                .where(columns.conversation == conversation, columns.state != "closed")
                .with_for_update()
            ).all()
            for case in open_ones:
                kept = {"contact_name": (name or "")[:128] or None, "contact_number": number[:64]}
                _change(connection, case.id, **kept)
                note(connection, case.id, "number given", "patient", origin, now())
            return bool(open_ones)

    def notices(self, conversation: str, after: int = 0) -> list[Notice]:
        """What a conversation is to be told, oldest first.

        Args:
            conversation: Of the patient.
            after: Only notices with a greater id.
        """
        with self._store.reading("read notices") as connection:
            return _notices(connection, conversation, notice_table.c.id > after)

    def untold(self, conversation: str) -> list[Notice]:
        """What a conversation has not been told in a reply, and is told now."""
        with self._store.reading("read notices") as connection:
            found = _notices(connection, conversation, notice_table.c.told_at.is_(None))
        if found:
            with self._store.transaction("mark notices") as connection:
                told = update(notice_table).where(
                    notice_table.c.id.in_([notice.id for notice in found])
                )
                connection.execute(told.values(told_at=utc(now())))
        return found


def acknowledge(connection: Connection, case: Row, who: str, origin: str, at: datetime) -> bool:
    """Acknowledges a locked case in a transaction; False where somebody had."""
    if case.state not in OPEN:
        return False
    _change(
        connection,
        case.id,
        state="acknowledged",
        acknowledged_at=utc(at),
        acknowledged_by=who[:128],
        due_at=None,
    )
    note(connection, case.id, "acknowledged", who, origin, at)
    if case.priority != "review":  # nobody was promised that anyone looks at once
        leave_notice(connection, case.id, case.conversation, "seen", at)
    return True


def _case(connection: Connection, reference: str, lock: bool = False) -> Row:
    wanted = select(case_table).where(case_table.c.reference == reference.strip().upper())
    case = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if case is None:
        raise NoSuchCaseError(
            f"There is no case {reference!r}; `make cases` lists those that are open"
        )
    return case


def _by_id(connection: Connection, case_id: int, lock: bool = False) -> Row:
    wanted = select(case_table).where(case_table.c.id == case_id)
    case = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if case is None:
        raise NoSuchCaseError("The case is no longer kept; its record was purged")
    return case


def _delivery(connection: Connection, delivery_id: int, lock: bool = False) -> Row:
    wanted = select(delivery_table).where(delivery_table.c.id == delivery_id)
    delivery = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if delivery is None:
        raise NoSuchCaseError("The notification is no longer kept; its record was purged")
    return delivery


def _notices(connection: Connection, conversation: str, condition: Any) -> list[Notice]:
    columns = notice_table.c
    found = (
        select(columns.id, columns.kind, columns.at, case_table.c.priority)
        .select_from(notice_table.join(case_table))
        .where(columns.conversation == conversation, condition)
        .order_by(columns.id)
    )
    return [Notice(*row) for row in connection.execute(found)]


def _change(connection: Connection, case_id: int, **values: Any) -> None:
    connection.execute(update(case_table).where(case_table.c.id == case_id).values(values))
