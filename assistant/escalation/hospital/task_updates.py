"""A Task that the hospital's staff accept or complete acknowledges or closes its case here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from assistant.escalation.case_file import note
from assistant.escalation.cases import NoSuchCaseError, acknowledge, close, find_case
from assistant.escalation.escalation import UNACKNOWLEDGED
from assistant.escalation.hospital.arrival import TaskUpdate
from assistant.escalation.tables import case_table, delivery_table
from assistant.escalation.times import utc

ORIGIN = "task"
TAKEN = ("accepted", "in-progress", "completed")
TURNED_DOWN = ("rejected", "failed", "cancelled")


def apply_update(connection: Connection, one: TaskUpdate, at: datetime) -> bool:
    """Does to a case what was done to its Task, in a transaction.

    A Task of an earlier round counts no more: what the patient has said since nobody has seen. Then
    the newer Task, which that made, is the one to accept. What repeats changes nothing.

    Args:
        connection: In a transaction.
        one: What became of the Task.
        at: The present moment, UTC.

    Returns:
        Whether anything changed.
    """
    key, _, reference = one.key.rpartition(".")
    made = select(delivery_table).where(delivery_table.c.key == key)
    delivery = connection.execute(made).first()
    try:
        case = find_case(connection, reference, lock=True)
    except NoSuchCaseError:
        return False  # purged
    if delivery is None or case.id not in delivery.cases:
        return False
    if case.begun_at > delivery.created_at:
        if one.status in TAKEN and case.state in UNACKNOWLEDGED:
            note(connection, case.id, "task outdated", one.who, ORIGIN, at, status=one.status)
        return False
    if one.status == "completed":
        return close(connection, case, one.who, ORIGIN, at)
    if one.status in TAKEN:
        return acknowledge(connection, case, one.who, ORIGIN, at)
    if one.status in TURNED_DOWN and case.state in UNACKNOWLEDGED and case.contact is not None:
        # Whoever was asked will not come: the next contact need not wait for the limit.
        note(connection, case.id, "task turned down", one.who, ORIGIN, at, status=one.status)
        sooner = update(case_table).where(case_table.c.id == case.id)
        connection.execute(sooner.values(due_at=utc(at)))
        return True
    return False
