"""Files a message in a case: a new one, or the one that is about the same already."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.escalation import Escalation, rank
from assistant.escalation.tables import case_table, event_table, outbox_table
from assistant.escalation.times import utc

REFERENCE_BYTES = 4
CALLED_BACK = ("page", "same-day", "person")  # priorities for which a number is asked for
ASSISTANT = "assistant"


@dataclass(frozen=True)
class Filed:
    """Where a message was filed.

    Attributes:
        case_id: The case's id.
        reference: What people call it.
        ask_contact: Whether the patient is now to be asked, once, how to be called back.
    """

    case_id: int
    reference: str
    ask_contact: bool


def lock_conversation(connection: Connection, conversation: str) -> None:
    """Keeps other processes from filing for a conversation until the transaction ends.

    SQLite lets only one transaction write at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        name = select(func.pg_advisory_xact_lock(func.hashtext(conversation)))
        connection.execute(name)


def file_message(connection: Connection, escalation: Escalation, join_within: timedelta) -> Filed:
    """Files a message, with audit and outbox, in the transaction of its record.

    A message joins the conversation's open case of the same kind that shares a category with it
    and was last spoken of within `join_within`. A more pressing message raises the case, and any
    but a quiet one reopens a case that was acknowledged: it begins anew with the first contact.

    Args:
        connection: In a transaction.
        escalation: The message.
        join_within: How long after its last mention a case still takes messages.
    """
    case = _case_to_join(connection, escalation, join_within)
    if case is None:
        return _open(connection, escalation)
    return _join(connection, escalation, case)


def note(
    connection: Connection,
    case_id: int,
    what: str,
    who: str,
    origin: str,
    at: datetime,
    **details: Any,
) -> None:
    """Adds a row to a case's audit.

    Args:
        connection: In a transaction.
        case_id: The case.
        what: What happened: recorded, joined, raised, notified, passed on, acknowledged ...
        who: Who did it: a person's name, a contact, the assistant or a worker.
        origin: From where: a channel, a link, the terminal ...
        at: When, UTC.
        details: Ids and technical words, never a patient's.
    """
    row = {"case_id": case_id, "at": utc(at), "what": what, "who": who[:128], "origin": origin[:64]}
    connection.execute(insert(event_table).values(**row, details=details))


def put_into_outbox(connection: Connection, case_id: int, reason: str, at: datetime) -> None:
    """Asks the worker to tell somebody of a case.

    Args:
        connection: In a transaction.
        case_id: The case.
        reason: "opened", "raised", "again" (after somebody had acknowledged) or "overdue".
        at: When, UTC.
    """
    times = {"created_at": utc(at), "due_at": utc(at)}
    connection.execute(insert(outbox_table).values(case_id=case_id, reason=reason, **times))


def _case_to_join(
    connection: Connection, escalation: Escalation, join_within: timedelta
) -> Row | None:
    columns = case_table.c
    candidates = connection.execute(
        select(case_table)
        .where(
            columns.conversation == escalation.conversation,
            columns.kind == escalation.kind,
            columns.state != "closed",
            columns.last_mention_at >= utc(escalation.recorded_at - join_within),
        )
        .order_by(columns.id)
        .with_for_update()
    ).all()
    own = set(escalation.categories)
    joining = [case for case in candidates if own & set(case.categories) or not own]
    return min(joining, key=lambda case: (rank(case.priority), case.id), default=None)


def _open(connection: Connection, escalation: Escalation) -> Filed:
    priority = escalation.priority or "page"
    asked = _may_ask(connection, escalation.conversation, priority)
    at = utc(escalation.recorded_at)
    values = {
        "reference": secrets.token_hex(REFERENCE_BYTES).upper(),
        "conversation": escalation.conversation,
        "channel": escalation.channel,
        "kind": escalation.kind,
        "priority": priority,
        "urgency": escalation.urgency,
        "categories": escalation.categories,
        "state": "recorded",
        "opened_at": at,
        "last_mention_at": at,
        "begun_at": at,
        "contact_asked_at": at if asked else None,
        **_known_contact(connection, escalation.conversation),
        "subject": escalation.subject,
    }
    made = connection.execute(insert(case_table).values(values)).inserted_primary_key[0]
    note(
        connection,
        made,
        "recorded",
        ASSISTANT,
        escalation.channel,
        escalation.recorded_at,
        priority=priority,
        message_id=escalation.message_id,
    )
    put_into_outbox(connection, made, "opened", escalation.recorded_at)
    return Filed(made, str(values["reference"]), asked)


def _join(connection: Connection, escalation: Escalation, case: Row) -> Filed:
    priority = escalation.priority or "page"
    raised = rank(priority) < rank(case.priority)
    # A quiet word about what somebody has in hand changes nothing; all else must be seen again.
    again = case.state == "acknowledged" and "review" not in {priority} - {case.priority}
    at = escalation.recorded_at
    asked = case.contact_asked_at is None and _may_ask(connection, case.conversation, priority)
    changed: dict[str, Any] = {
        "categories": sorted({*case.categories, *escalation.categories}),
        "last_mention_at": max(case.last_mention_at, utc(at)),
    }
    if asked:
        changed["contact_asked_at"] = utc(at)
    if raised:
        changed |= {"priority": priority, "urgency": escalation.urgency}
    if raised or again:
        changed |= begun_anew(at)
    connection.execute(update(case_table).where(case_table.c.id == case.id).values(changed))
    what = "raised" if raised else "again" if again else "joined"
    details = {"priority": priority, "message_id": escalation.message_id}
    note(connection, case.id, what, ASSISTANT, escalation.channel, at, **details)
    if raised or again:
        put_into_outbox(connection, case.id, what, at)
    return Filed(case.id, case.reference, asked)


def begun_anew(at: datetime) -> dict[str, Any]:
    """What a case holds when it begins anew with the first contact: nobody has seen it."""
    return {
        "state": "recorded",
        "begun_at": utc(at),
        "contact": None,
        "due_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
    }


def _known_contact(connection: Connection, conversation: str) -> dict[str, Any]:
    """How the patient said, with a case that is open, that they can be called."""
    columns = case_table.c
    given = connection.execute(
        select(columns.contact_name, columns.contact_number)
        .where(
            columns.conversation == conversation,
            columns.state != "closed",
            columns.contact_number.isnot(None),
        )
        .order_by(columns.id.desc())
        .limit(1)
    ).first()
    return dict(given._mapping) if given is not None else {}


def _may_ask(connection: Connection, conversation: str, priority: str) -> bool:
    """Whether the patient may be asked for a number: once, while any case is open."""
    if priority not in CALLED_BACK:
        return False
    columns = case_table.c
    asked = select(func.count()).where(
        columns.conversation == conversation,
        columns.state != "closed",
        columns.contact_asked_at.isnot(None),
    )
    return int(connection.execute(asked).scalar_one()) == 0
