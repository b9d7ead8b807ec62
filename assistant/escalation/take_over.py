"""A person writes in a patient's conversation for a while, in place of the assistant's answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import ASSISTANT, lock_conversation, note, put_into_outbox
from assistant.escalation.cases import acknowledge, find_case
from assistant.escalation.notices import HANDED_BACK, LEFT, STAFF, TAKEN_OVER, leave_notice
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, notice_table, take_over_table
from assistant.escalation.times import now, utc

CONSOLE, WORKER = "console", "worker"
MOST_CHARACTERS = 4000


class TakeOverError(Exception):
    """The conversation cannot be taken over or written to; the message says why."""


class TakenError(TakeOverError):
    """Somebody else writes in the conversation.

    Args:
        name: Their first name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is writing in this conversation")
        self.name = name


class ClosedError(TakeOverError):
    """The case is closed."""


class NotTakenOverError(TakeOverError):
    """Whoever wants to write does not have the conversation, or has it no longer."""


class LineError(TakeOverError):
    """A line cannot be sent as it is."""


@dataclass(frozen=True)
class TakeOver:
    """A conversation that a person has taken over.

    Attributes:
        id: Of its row.
        conversation: Of the patient.
        case_id: The case from which it was taken over.
        staff: The account's login.
        name: First name, which the patient reads.
        begun_at: UTC without a zone, like the others.
        staff_at: When the person last wrote, or began.
        patient_at: When the patient last wrote; None before the first message.
    """

    id: int
    conversation: str
    case_id: int
    staff: str
    name: str
    begun_at: datetime
    staff_at: datetime
    patient_at: datetime | None

    @property
    def patient_waits(self) -> bool:
        """Whether the patient has written since the person last did."""
        return self.patient_at is not None and self.patient_at > self.staff_at


class TakeOvers:
    """Who writes in which conversation; each call is one transaction.

    The state is in the store alone: it outlives each process, and all of them see the same.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def begin(self, reference: str, staff: str, name: str, at: datetime | None = None) -> TakeOver:
        """Takes a case's conversation over and acknowledges the case; the patient is told.

        Args:
            reference: Of the case.
            staff: The account's login.
            name: First name, which the patient reads.
            at: When; by default now.

        Returns:
            The take-over; the one that stands where the person has the conversation already.

        Raises:
            NoSuchCaseError: If there is no such case.
            ClosedError: If it is closed.
            TakenError: If somebody else has the conversation.
        """
        at = at or now()
        with self._on(reference, "take a conversation over") as (connection, case):
            if case.state == "closed":
                raise ClosedError(f"case {case.reference} is closed")
            standing = _open(connection, case.conversation)
            if standing is not None and standing.staff != staff:
                raise TakenError(standing.name)
            if standing is not None:
                return standing
            row = {
                "conversation": case.conversation,
                "case_id": case.id,
                "staff": staff,
                "name": name,
                "begun_at": utc(at),
                "staff_at": utc(at),
            }
            connection.execute(insert(take_over_table).values(row))
            acknowledge(connection, case, staff, CONSOLE, at)
            note(connection, case.id, "taken over", staff, CONSOLE, at)
            leave_notice(connection, case.id, case.conversation, TAKEN_OVER, at, name=name)
            made = _open(connection, case.conversation)
            assert made is not None
            return made

    def write(
        self, reference: str, staff: str, text: str, key: str, at: datetime | None = None
    ) -> bool:
        """Sends a line to the patient.

        Args:
            reference: Of a case of the conversation.
            staff: The account's login.
            text: The line, at most `MOST_CHARACTERS` characters.
            key: Of the form that it was typed into: the same line sent twice arrives once.
            at: When; by default now.

        Returns:
            False where a line with that key was sent before.

        Raises:
            NoSuchCaseError: If there is no such case.
            NotTakenOverError: If the person does not have the conversation.
            LineError: If the line is empty or too long.
        """
        at, text = at or now(), text.strip()
        if not 0 < len(text) <= MOST_CHARACTERS:
            raise LineError(
                f"a line has 1 to {MOST_CHARACTERS} characters, this one has {len(text)}"
            )
        with self._on(reference, "write to a patient") as (connection, case):
            sent = select(notice_table.c.id).where(notice_table.c.key == key)
            if connection.execute(sent).first() is not None:
                return False
            standing = _held(connection, case.conversation, staff)
            person = {"name": standing.name, "text": text, "key": key}
            leave_notice(connection, case.id, case.conversation, STAFF, at, **person)
            _change(connection, standing.id, staff_at=utc(at))
            note(connection, case.id, "wrote to the patient", staff, CONSOLE, at)
            return True

    def hand_back(self, reference: str, staff: str, at: datetime | None = None) -> bool:
        """Gives the conversation back to the assistant; the patient is told.

        Returns:
            False where the person does not have the conversation.

        Raises:
            NoSuchCaseError: If there is no such case.
        """
        with self._on(reference, "hand a conversation back") as (connection, case):
            try:
                standing = _held(connection, case.conversation, staff)
            except NotTakenOverError:
                return False
            _end(connection, standing, HANDED_BACK, staff, CONSOLE, at or now())
            return True

    def message_arrives(self, conversation: str, at: datetime | None = None) -> TakeOver | None:
        """Whoever reads a message that arrives now; None where the assistant answers it."""
        standing = self.of_conversation(conversation)
        if standing is not None:
            with self._store.transaction("note a message") as connection:
                _change(connection, standing.id, patient_at=utc(at or now()))
        return standing

    def of_conversation(self, conversation: str) -> TakeOver | None:
        """Who writes in a conversation now, None where nobody does."""
        with self._store.reading("read a take-over") as connection:
            return _open(connection, conversation)

    def standing(self) -> list[TakeOver]:
        """All conversations that are taken over now, the oldest first."""
        open_ones = select(take_over_table).where(take_over_table.c.ended_at.is_(None))
        with self._store.reading("read take-overs") as connection:
            rows = connection.execute(open_ones.order_by(take_over_table.c.id)).all()
        return [_take_over(row) for row in rows]

    def end_forgotten(self, within: timedelta, at: datetime | None = None) -> int:
        """Ends those of closed cases, and those in which the person has been silent for too long.

        The patient is told. What the patient wrote since the person last did nobody may have read:
        the case begins anew with whoever is on duty.

        Args:
            within: How long a person may be silent.
            at: The present moment; by default now.

        Returns:
            How many were ended.
        """
        at = at or now()
        columns = take_over_table.c
        over = (
            select(take_over_table, case_table.c.state)
            .select_from(take_over_table.join(case_table))
            .where(
                columns.ended_at.is_(None),
                or_(columns.staff_at <= utc(at - within), case_table.c.state == "closed"),
            )
        )
        with self._store.reading("look for forgotten take-overs") as connection:
            if connection.execute(over).first() is None:
                return 0
        with self._store.transaction("end a forgotten take-over") as connection:
            ending = over.with_for_update(skip_locked=True, of=take_over_table)
            forgotten = connection.execute(ending).all()
            for row in forgotten:
                standing = _take_over(row)
                kind = HANDED_BACK if row.state == "closed" else LEFT
                _end(connection, standing, kind, ASSISTANT, WORKER, at)
                if standing.patient_waits and kind == LEFT:
                    _begin_anew(connection, standing.case_id, at)
            return len(forgotten)

    @contextmanager
    def _on(self, reference: str, what: str) -> Iterator[tuple[Connection, Row]]:
        """A transaction on a case; nobody else takes its conversation over meanwhile."""
        with self._store.transaction(what) as connection:
            # In the order in which a message is recorded: the conversation, then its cases.
            lock_conversation(connection, find_case(connection, reference).conversation)
            yield connection, find_case(connection, reference, lock=True)


def _end(
    connection: Connection, standing: TakeOver, kind: str, who: str, origin: str, at: datetime
) -> None:
    """Ends a take-over in a transaction: "handed-back" or "left", see `Notice`."""
    _change(connection, standing.id, ended_at=utc(at))
    what = "handed back" if kind == HANDED_BACK else "take-over forgotten"
    note(connection, standing.case_id, what, who, origin, at, staff=standing.staff)
    leave_notice(connection, standing.case_id, standing.conversation, kind, at, name=standing.name)


def _begin_anew(connection: Connection, case_id: int, at: datetime) -> None:
    columns = case_table.c
    anew = update(case_table).where(columns.id == case_id, columns.state == "acknowledged")
    unseen: dict[str, Any] = {
        "state": "recorded",
        "begun_at": utc(at),
        "contact": None,
        "due_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
    }
    if connection.execute(anew.values(unseen)).rowcount:
        put_into_outbox(connection, case_id, "again", at)


def _held(connection: Connection, conversation: str, staff: str) -> TakeOver:
    standing = _open(connection, conversation)
    if standing is None:
        raise NotTakenOverError("nobody has taken this conversation over")
    if standing.staff != staff:
        raise NotTakenOverError(f"{standing.name} is writing in this conversation")
    return standing


def _open(connection: Connection, conversation: str) -> TakeOver | None:
    columns = take_over_table.c
    found = connection.execute(
        select(take_over_table).where(
            columns.conversation == conversation, columns.ended_at.is_(None)
        )
    ).first()
    return None if found is None else _take_over(found)


def _take_over(row: Row) -> TakeOver:
    return TakeOver(**{field.name: getattr(row, field.name) for field in fields(TakeOver)})


def _change(connection: Connection, id_: int, **values: Any) -> None:
    changed = update(take_over_table).where(take_over_table.c.id == id_)
    connection.execute(changed.values(values))
