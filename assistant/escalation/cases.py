"""The cases as people handle them: look, acknowledge, close, and what the patient is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Select

from assistant.escalation.case_file import lock_conversation, note
from assistant.escalation.escalation import OUTCOMES, UNACKNOWLEDGED, rank
from assistant.escalation.notices import SEEN, leave_notice
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import (
    case_table,
    delivery_table,
    escalation_table,
    event_table,
)
from assistant.escalation.times import now, utc
from assistant.observability.metrics import note_acknowledged

MANY_ATTEMPTS = 5  # after so many a delivery is shown as trouble
LinkUse = Literal["taken", "used", "changed"]


class NoSuchCaseError(Exception):
    """There is no such case; the message says what to do."""


class ChangedError(Exception):
    """A case has changed since the person saw it: it must be seen first."""


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
                key=lambda case: (_is_seen(case), rank(case.priority), case.opened_at),
            )

    def unseen(self, before: datetime) -> int:
        """How many cases nobody has acknowledged that were last spoken of before a moment, UTC."""
        columns = case_table.c
        old = select(func.count()).where(
            columns.state.in_(UNACKNOWLEDGED), columns.last_mention_at < utc(before)
        )
        with self._store.reading("count cases") as connection:
            return int(connection.execute(old).scalar_one())

    def case(self, reference: str) -> Row:
        """One case.

        Raises:
            NoSuchCaseError: If there is none.
        """
        with self._store.reading("read a case") as connection:
            return find_case(connection, reference)

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

    def troubled(self) -> list[Row]:
        """Deliveries that were parked or keep failing, of cases that nobody has acknowledged."""
        columns = delivery_table.c
        failing = and_(columns.state == "waiting", columns.attempts >= MANY_ATTEMPTS)
        troubled = select(delivery_table).where(or_(columns.state == "parked", failing))
        with self._store.reading("read deliveries") as connection:
            rows = connection.execute(troubled.order_by(columns.id)).all()
            waiting = set(
                connection.execute(
                    select(case_table.c.id).where(case_table.c.state.in_(UNACKNOWLEDGED))
                ).scalars()
            )
        return [row for row in rows if waiting & set(row.cases)]

    def acknowledge(
        self,
        reference: str,
        who: str,
        origin: str,
        at: datetime | None = None,
        shown: str | None = None,
    ) -> bool:
        """Notes that somebody has taken a case; the patient is told.

        Args:
            reference: Of the case.
            who: The person's name or role.
            origin: From where: "terminal", "link" ...
            at: When; by default now.
            shown: What the person saw, by `shown_state`, where a page showed it.

        Returns:
            False where somebody had acknowledged or closed it before: then nothing changes.

        Raises:
            NoSuchCaseError: If there is no such case.
            ChangedError: If it has changed since it was shown.
        """
        with self._store.transaction("acknowledge a case") as connection:
            case = find_case(connection, reference, lock=True)
            require_unchanged(case, shown)
            return acknowledge(connection, case, who, origin, at or now())

    def of_link(self, key: str) -> tuple[Row, list[Row]]:
        """A notification and those of its cases that are kept.

        Raises:
            NoSuchCaseError: If they are purged.
        """
        with self._store.reading("read a case") as connection:
            return _of_link(connection, key)

    def use_link(self, key: str, shown: str, at: datetime | None = None) -> LinkUse:
        """Acknowledges the cases of a notification, for whom it was sent to; a link works once.

        Args:
            key: Of the notification.
            shown: What the person saw, by `state_of`: what has changed since must be seen first.
            at: When; by default now.

        Raises:
            NoSuchCaseError: If the notification and its cases are purged.
        """
        at = at or now()
        with self._store.transaction("acknowledge by a link") as connection:
            delivery, cases = _of_link(connection, key, lock=True)
            if delivery.link_used_at is not None:
                return "used"
            if shown != state_of(cases):
                return "changed"
            used = update(delivery_table).where(delivery_table.c.id == delivery.id)
            connection.execute(used.values(link_used_at=utc(at)))
            who = delivery.contact
            taken = [acknowledge(connection, case, who, "link", at) for case in cases]
            return "taken" if any(taken) else "used"

    def close(
        self,
        reference: str,
        who: str,
        origin: str,
        at: datetime | None = None,
        outcome: str | None = None,
        remark: str | None = None,
    ) -> bool:
        """Closes a case; one that nobody acknowledged is acknowledged with it.

        Args:
            reference: Of the case.
            who: The person's name or login.
            origin: From where: "terminal", "console" ...
            at: When; by default now.
            outcome: One of `OUTCOMES`, where it is known.
            remark: The person's own words on it; they stay with the case, not in the audit.

        Returns:
            False where it was closed before.

        Raises:
            NoSuchCaseError: If there is no such case.
            ValueError: If there is no such outcome.
        """
        at = at or now()
        with self._store.transaction("close a case") as connection:
            case = find_case(connection, reference, lock=True)
            return close(connection, case, who, origin, at, outcome, remark)

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
            lock_conversation(connection, conversation)
            open_ones = connection.execute(
                select(columns.id)
                .where(columns.conversation == conversation, columns.state != "closed")
                .order_by(columns.id)
                .with_for_update()
            ).all()
            for case in open_ones:
                kept = {"contact_name": (name or "")[:128] or None, "contact_number": number[:64]}
                _change(connection, case.id, **kept)
                note(connection, case.id, "number given", "patient", origin, now())
            return bool(open_ones)


def acknowledge(connection: Connection, case: Row, who: str, origin: str, at: datetime) -> bool:
    """Acknowledges a locked case in a transaction; False where somebody had."""
    if case.state not in UNACKNOWLEDGED:
        return False
    _change(
        connection,
        case.id,
        state="acknowledged",
        acknowledged_at=utc(at),
        acknowledged_by=who[:128],
        due_at=None,
    )
    note_acknowledged(case.priority, (utc(at) - case.begun_at).total_seconds())
    note(connection, case.id, "acknowledged", who, origin, at)
    if case.priority != "review":  # nobody was promised that anyone looks at once
        leave_notice(connection, case.id, case.conversation, SEEN, at)
    return True


def close(
    connection: Connection,
    case: Row,
    who: str,
    origin: str,
    at: datetime,
    outcome: str | None = None,
    remark: str | None = None,
) -> bool:
    """Closes a locked case in a transaction, see `CaseBook.close`; False where it was closed."""
    if outcome is not None and outcome not in OUTCOMES:
        raise ValueError(f"outcome {outcome!r}: allowed are {', '.join(OUTCOMES)}")
    if case.state == "closed":
        return False
    acknowledge(connection, case, who, origin, at)
    closed = {"state": "closed", "closed_at": utc(at), "due_at": None}
    _change(connection, case.id, **closed, outcome=outcome, outcome_note=remark or None)
    known = {"outcome": outcome} if outcome else {}
    note(connection, case.id, "closed", who, origin, at, **known)
    return True


def find_case(connection: Connection, reference: str, lock: bool = False) -> Row:
    """A case by what people call it, in any spelling; locked until the transaction ends on wish.

    Raises:
        NoSuchCaseError: If there is none.
    """
    wanted = select(case_table).where(case_table.c.reference == reference.strip().upper())
    case = connection.execute(wanted.with_for_update() if lock else wanted).first()
    if case is None:
        raise NoSuchCaseError(
            f"There is no case {reference!r}; `make cases` lists those that are open"
        )
    return case


def state_of(cases: Sequence[Row]) -> str:
    """What somebody who looks at cases sees of them, as a short text that changes with it."""
    return " ".join(
        f"{case.reference}:{case.priority}:{_is_seen(case)}:{case.begun_at.isoformat()}"
        for case in cases
    )


def shown_state(case: Row) -> str:
    """What a page shows of a case, as a short text that changes with any message about it."""
    seen = (case.state == "closed", case.acknowledged_by, case.last_mention_at.isoformat())
    return ":".join(map(str, (state_of([case]), *seen)))


def require_unchanged(case: Row, shown: str | None) -> None:
    """Refuses to act on a case that is no longer what a page showed of it, by `shown_state`.

    Raises:
        ChangedError: If it has changed.
    """
    if shown is not None and shown != shown_state(case):
        raise ChangedError(f"case {case.reference} has changed since it was shown")


def _is_seen(case: Row) -> bool:
    return case.state not in UNACKNOWLEDGED


def _of_link(connection: Connection, key: str, lock: bool = False) -> tuple[Row, list[Row]]:
    def locked(wanted: Select) -> Select:
        return wanted.with_for_update() if lock else wanted

    delivery = connection.execute(
        locked(select(delivery_table).where(delivery_table.c.key == key))
    ).first()
    ids = delivery.cases if delivery is not None else []
    wanted = select(case_table).where(case_table.c.id.in_(ids)).order_by(case_table.c.id)
    cases = connection.execute(locked(wanted)).all()
    if not cases:
        raise NoSuchCaseError("The case is no longer kept; its record was purged")
    return delivery, list(cases)


def _change(connection: Connection, case_id: int, **values: Any) -> None:
    connection.execute(update(case_table).where(case_table.c.id == case_id).values(values))
