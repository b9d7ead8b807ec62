"""What keeps messages from a hospital, or from us: for the readiness probe."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import inbound_table, outgoing_table, thread_table
from assistant.escalation.times import now, utc

UNREACHABLE_FOR = timedelta(minutes=2)  # how long their server may fail before it is said
LONGEST_WAIT = timedelta(minutes=2)  # for an answer to a message
DEEPEST = 200  # messages, either way


def server_fault(store: EscalationStore, at: datetime | None = None) -> str | None:
    """Why a hospital's server does not get what we send, or None.

    Args:
        store: The escalation store.
        at: The present moment; by default now.

    Raises:
        EscalationStoreError: If the store could not be read.
    """
    since = utc((at or now()) - UNREACHABLE_FOR)
    out, come = outgoing_table.c, inbound_table.c
    stuck = select(out.error, out.route).where(
        out.state == "waiting", out.attempts > 0, out.created_at < since
    )
    unfetched = select(come.error, come.route).where(
        come.state == "fetch", come.attempts > 0, come.received_at < since
    )
    parked = select(func.count()).where(out.state == "parked")
    with store.reading("look for messages that fail") as connection:
        first = (
            connection.execute(stuck.order_by(out.id).limit(1)).first()
            or connection.execute(unfetched.order_by(come.id).limit(1)).first()
        )
        refused = connection.execute(parked).scalar_one()
    if first is not None:
        return f"{first.route}: {first.error}"
    if refused:
        return f"{refused} messages are refused; see docs/hospital-integration.md"
    return None


def queue_fault(store: EscalationStore, at: datetime | None = None) -> str | None:
    """Whether more waits than should, either way; None if not.

    Args:
        store: The escalation store.
        at: The present moment; by default now.

    Raises:
        EscalationStoreError: If the store could not be read.
    """
    out, come = outgoing_table.c, inbound_table.c
    with store.reading("count messages that wait") as connection:
        unsent = connection.execute(select(func.count()).where(out.state == "waiting")).scalar_one()
        waiting = select(func.count(), func.min(come.received_at)).where(come.state == "waiting")
        unanswered, oldest = connection.execute(waiting).one()
    if unsent > DEEPEST or unanswered > DEEPEST:
        return f"{unanswered} messages wait for an answer, {unsent} answers for their server"
    if oldest is not None and oldest < utc((at or now()) - LONGEST_WAIT):
        return f"a message has waited for an answer for more than {LONGEST_WAIT.seconds} s"
    return None


def is_used(store: EscalationStore) -> bool:
    """Whether any hospital has ever written here.

    Raises:
        EscalationStoreError: If the store could not be read.
    """
    with store.reading("look for hospitals") as connection:
        threads = connection.execute(select(thread_table.c.conversation).limit(1)).first()
        return threads is not None
