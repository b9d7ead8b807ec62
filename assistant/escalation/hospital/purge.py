"""Forgets what a hospital has got and given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.engine import Connection

from assistant.escalation.tables import (
    identity_table,
    inbound_table,
    nonce_table,
    outgoing_table,
    thread_table,
)
from assistant.escalation.times import utc


def purge(connection: Connection, before: datetime) -> int:
    """Deletes what was answered and sent before a moment, UTC; what waits is kept.

    Returns:
        How many messages were deleted.
    """
    inbound, outgoing, threads = inbound_table.c, outgoing_table.c, thread_table.c
    old = select(inbound.id).where(
        inbound.state.in_(("answered", "dropped")), inbound.received_at < utc(before)
    )
    gone = list(connection.execute(old).scalars())
    connection.execute(delete(identity_table).where(identity_table.c.inbound_id.in_(gone)))
    connection.execute(delete(inbound_table).where(inbound.id.in_(gone)))
    sent = and_(outgoing.state == "sent", outgoing.created_at < utc(before))
    count = connection.execute(delete(outgoing_table).where(sent)).rowcount
    connection.execute(delete(nonce_table).where(nonce_table.c.expires_at < utc(before)))
    waits = [
        select(table.c.id).where(table.c.conversation == threads.conversation).exists()
        for table in (inbound_table, outgoing_table)
    ]
    unused = and_(threads.last_at < utc(before), ~or_(*waits))
    connection.execute(delete(thread_table).where(unused))
    return len(gone) + int(count)
