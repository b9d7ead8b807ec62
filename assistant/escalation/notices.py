"""What a conversation is told outside its turns: who has seen it, and what staff write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, notice_table
from assistant.escalation.times import now, utc

SEEN, WAITING = "seen", "waiting"
TAKEN_OVER, STAFF, HANDED_BACK = "taken-over", "staff", "handed-back"
LEFT, LEFT_WAITING = "left", "left-waiting"


@dataclass(frozen=True)
class Notice:
    """Something that a conversation is told.

    Attributes:
        id: Grows from notice to notice.
        kind: "seen" (somebody acknowledged), "waiting" (nobody has in time), "taken-over" (a person
            writes from now on), "staff" (a person's words), "handed-back", "left" (the person has
            not written for too long), or "left-waiting" (nor answered what the patient wrote).
        at: When that happened, UTC without a zone.
        priority: Of the case.
        name: First name of the person, where one is writing.
        text: The person's words, for "staff" alone.
        told_at: When the patient's side had fetched it, UTC without a zone.
    """

    id: int
    kind: str
    at: datetime
    priority: str
    name: str | None = None
    text: str | None = None
    told_at: datetime | None = None


class NoticeBoard:
    """Reads what conversations are told; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def since(self, conversation: str, after: int = 0) -> list[Notice]:
        """What a conversation is told, oldest first.

        Args:
            conversation: Of the patient.
            after: Only notices with a greater id.
        """
        with self._store.reading("read notices") as connection:
            return _notices(connection, conversation, notice_table.c.id > after)

    def untold(self, conversation: str) -> list[Notice]:
        """What a conversation has not been told, oldest first."""
        with self._store.reading("read notices") as connection:
            return _notices(connection, conversation, notice_table.c.told_at.is_(None))

    def note_told(self, conversation: str, until: int) -> None:
        """Notes that the patient's side has fetched all notices up to an id."""
        columns = notice_table.c
        untold = (
            columns.conversation == conversation,
            columns.id <= until,
            columns.told_at.is_(None),
        )
        with self._store.reading("read notices") as connection:
            if connection.execute(select(columns.id).where(*untold).limit(1)).first() is None:
                return
        with self._store.transaction("mark notices") as connection:
            told = update(notice_table).where(*untold)
            connection.execute(told.values(told_at=utc(now())))


def leave_notice(
    connection: Connection,
    case_id: int,
    conversation: str,
    kind: str,
    at: datetime,
    **person: str | None,
) -> None:
    """Leaves something for the patient to be told.

    Args:
        connection: In a transaction.
        case_id: The case that it belongs to.
        conversation: Of the patient.
        kind: See `Notice`.
        at: When, UTC.
        person: `name`, `text` and `key` of a person who writes.
    """
    values = {"case_id": case_id, "conversation": conversation, "kind": kind, "at": utc(at)}
    connection.execute(insert(notice_table).values(**values, **person))


def _notices(connection: Connection, conversation: str, condition: Any) -> list[Notice]:
    columns = notice_table.c
    found = (
        select(
            columns.id,
            columns.kind,
            columns.at,
            case_table.c.priority,
            columns.name,
            columns.text,
            columns.told_at,
        )
        .select_from(notice_table.join(case_table))
        .where(columns.conversation == conversation, condition)
        .order_by(columns.id)
    )
    return [Notice(*row) for row in connection.execute(found)]
