"""One take-over as the store keeps it: found, changed and ended within a transaction."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import ASSISTANT, begun_anew, note, put_into_outbox
from assistant.escalation.escalation import rank
from assistant.escalation.notices import HANDED_BACK, LEFT, LEFT_WAITING, leave_notice
from assistant.escalation.tables import case_table, take_over_table
from assistant.escalation.times import utc

# Whoever was in a talk with a person and is left alone in it does not wait for a working list.
LEFT_ALONE = "same-day"
WORKER = "worker"


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
        read_at: Up to when the person had the patient's messages before them when they last wrote.
    """

    id: int
    conversation: str
    case_id: int
    staff: str
    name: str
    begun_at: datetime
    staff_at: datetime
    patient_at: datetime | None
    read_at: datetime

    @property
    def patient_waits(self) -> bool:
        """Whether a message of the patient has no answer, or one that was written without it."""
        return self.patient_at is not None and (
            self.patient_at > self.staff_at or self.patient_at > self.read_at
        )

    def is_unread(self, read_until: datetime) -> bool:
        """Whether the patient has written since a moment, UTC."""
        return self.patient_at is not None and self.patient_at > utc(read_until)


def make_take_over(
    connection: Connection, case: Row, staff: str, name: str, at: datetime
) -> TakeOver:
    """Gives a conversation that nobody has to a person."""
    moments = dict.fromkeys(("begun_at", "staff_at", "read_at"), utc(at))
    row = {"conversation": case.conversation, "case_id": case.id, "staff": staff, "name": name}
    connection.execute(insert(take_over_table).values(**row, **moments))
    made = find_take_over(connection, case.conversation)
    assert made is not None
    return made


def find_take_over(
    connection: Connection, conversation: str, lock: bool = False
) -> TakeOver | None:
    """Who has a conversation now; locked until the transaction ends on wish."""
    columns = take_over_table.c
    wanted = select(take_over_table).where(
        columns.conversation == conversation, columns.ended_at.is_(None)
    )
    found = connection.execute(wanted.with_for_update() if lock else wanted).first()
    return None if found is None else take_over_of(found)


def take_over_of(row: Row) -> TakeOver:
    """The take-over of a row of the table."""
    return TakeOver(**{field.name: getattr(row, field.name) for field in fields(TakeOver)})


def change_take_over(connection: Connection, id_: int, **values: Any) -> bool:
    """Changes a take-over that has not ended; returns whether it had not."""
    columns = take_over_table.c
    standing = update(take_over_table).where(columns.id == id_, columns.ended_at.is_(None))
    return bool(connection.execute(standing.values(values)).rowcount)


def hand_back(
    connection: Connection, standing: TakeOver, who: str, origin: str, at: datetime
) -> None:
    """Ends a take-over because the person is done."""
    _end(connection, standing, "handed back", who, origin, at)
    _tell(connection, standing, HANDED_BACK, at)


def leave_alone(
    connection: Connection, standing: TakeOver, who: str, origin: str, at: datetime
) -> None:
    """Ends a take-over because the person is gone.

    Where the patient waits, the case begins anew with whoever is on duty.
    """
    _end(connection, standing, "take-over forgotten", who, origin, at)
    if standing.patient_waits:
        _begin_anew(connection, standing.case_id, at)
    _tell(connection, standing, LEFT_WAITING if standing.patient_waits else LEFT, at)


def _end(
    connection: Connection, standing: TakeOver, what: str, who: str, origin: str, at: datetime
) -> None:
    change_take_over(connection, standing.id, ended_at=utc(at))
    note(connection, standing.case_id, what, who, origin, at, staff=standing.staff)


def _tell(connection: Connection, standing: TakeOver, kind: str, at: datetime) -> None:
    person = {"name": standing.name}
    leave_notice(connection, standing.case_id, standing.conversation, kind, at, **person)


def _begin_anew(connection: Connection, case_id: int, at: datetime) -> None:
    columns = case_table.c
    case = connection.execute(select(case_table).where(columns.id == case_id)).one()
    priority = case.priority if rank(case.priority) < rank(LEFT_ALONE) else LEFT_ALONE
    unseen = {**begun_anew(at), "priority": priority, "closed_at": None, "outcome": None}
    connection.execute(update(case_table).where(columns.id == case_id).values(unseen))
    if priority != case.priority:
        note(connection, case_id, "raised", ASSISTANT, WORKER, at, priority=priority)
    put_into_outbox(connection, case_id, "again", at)
