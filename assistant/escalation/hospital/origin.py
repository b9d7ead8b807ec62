"""Where a case of a hospital's own messaging came from, for its own server."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection, Row

from assistant.escalation.delivery.message import Origin
from assistant.escalation.tables import escalation_table, inbound_table, thread_table


def origin_of(connection: Connection, case: Row) -> Origin | None:
    """Patient, encounter and latest message of a case; None for cases of other channels."""
    own = thread_table.c.conversation == case.conversation
    thread = connection.execute(select(thread_table).where(own)).first()
    if thread is None:
        return None
    message = connection.execute(
        select(inbound_table.c.reference)
        .select_from(
            escalation_table.join(
                inbound_table, inbound_table.c.message_id == escalation_table.c.message_id
            )
        )
        .where(escalation_table.c.case_id == case.id)
        .order_by(escalation_table.c.id.desc())
        .limit(1)
    ).scalar()
    address = thread.address
    return Origin(thread.route, address.get("subject"), address.get("encounter"), message)
