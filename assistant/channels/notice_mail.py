"""What patients are told outside of turns goes into the hospital's queue: once, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Select

from assistant.channels.standing import notice_line
from assistant.escalation.hospital.names import keyed
from assistant.escalation.hospital.outgoing import Outgoing, put
from assistant.escalation.notices import SEEN, WAITING, Notice
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, notice_table, thread_table
from assistant.escalation.times import now, utc

AT_A_TIME = 50
FIRST = 0  # rank in the queue: what a person writes, or that nobody has come, waits for nothing


def move_notices(store: EscalationStore, prefix: str, write: Callable[..., dict[str, Any]]) -> int:
    """Puts untold notices into the queue and marks them told, in one transaction.

    Args:
        store: The escalation store.
        prefix: With which the channel's conversations begin.
        write: Writes a message in the channel's form, see `Writer`.

    Returns:
        How many notices were marked.

    Raises:
        EscalationStoreError: If the store failed; nothing has changed then.
    """
    with store.reading("look for notices") as connection:
        if connection.execute(_untold(prefix).limit(1)).first() is None:
            return 0
    with store.transaction("put notices into the queue") as connection:
        found = _untold(prefix).limit(AT_A_TIME)
        rows = connection.execute(found.with_for_update(skip_locked=True, of=notice_table)).all()
        seen = {row.conversation: row.id for row in rows if row.kind == SEEN}
        for row in rows:
            # Whoever waited and was then seen need not read both.
            if row.kind != WAITING or row.id > seen.get(row.conversation, 0):
                _put(connection, row, write)
        told = update(notice_table).where(notice_table.c.id.in_([row.id for row in rows]))
        connection.execute(told.values(told_at=utc(now())))
        return len(rows)


def _put(connection: Connection, row: Row, write: Callable[..., dict[str, Any]]) -> None:
    notice = Notice(row.id, row.kind, row.at, row.priority, row.name, row.text)
    key = f"n-{keyed(row.conversation, row.id, row.at)}"
    turn = {"kind": "notice", "notice": row.kind}
    content = write(row.route, key, row.address, [notice_line(notice)], [turn])
    put(connection, Outgoing(key, row.conversation, row.route, content, FIRST), now())


def _untold(prefix: str) -> Select:
    notices, threads = notice_table.c, thread_table.c
    return (
        select(notice_table, case_table.c.priority, threads.route, threads.address)
        .select_from(
            notice_table.join(case_table).join(
                thread_table, threads.conversation == notices.conversation
            )
        )
        .where(
            notices.told_at.is_(None),
            notices.conversation.startswith(prefix, autoescape=True),
        )
        .order_by(notices.id)
    )
