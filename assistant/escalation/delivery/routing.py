"""Decides whom a case goes to, and passes it on when nobody acknowledges it in time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import note, put_into_outbox
from assistant.escalation.duty.rota import (
    acknowledge_by,
    contact_for,
    list_contact,
    next_working_list,
)
from assistant.escalation.duty.settings import Settings
from assistant.escalation.escalation import UNACKNOWLEDGED, rank
from assistant.escalation.notices import WAITING, leave_notice
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import (
    case_table,
    delivery_table,
    event_table,
    notice_table,
    outbox_table,
)
from assistant.escalation.times import aware, utc

SOONER = timedelta(minutes=1)  # how soon nobody on duty is looked at again
AT_A_TIME = 50
KEY_BYTES = 8
NOBODY_ON_DUTY = "nobody on duty"


class Router:
    """Turns what waits in the outbox into deliveries, and what is overdue into the next round.

    Each call is one transaction, where anything is due: looking locks nothing. Several workers may
    call at once: rows that another one holds are skipped.

    Args:
        store: The escalation store.
        worker: The worker's name, for the audit.
    """

    def __init__(self, store: EscalationStore, worker: str) -> None:
        self._store = store
        self._worker = worker

    def route(self, settings: Settings, at: datetime) -> int:
        """Makes deliveries of what waits in the outbox.

        Args:
            settings: Of the site.
            at: The present moment, UTC.

        Returns:
            How many rows of the outbox were done.

        Raises:
            EscalationStoreError: If the store failed; nothing has changed then.
        """
        due = (
            select(outbox_table)
            .where(outbox_table.c.routed_at.is_(None), outbox_table.c.due_at <= utc(at))
            .order_by(outbox_table.c.id)
            .limit(AT_A_TIME)
        )
        if not self._store.holds("look for cases to route", due):
            return 0
        with self._store.transaction("route cases") as connection:
            waiting = connection.execute(due.with_for_update(skip_locked=True)).all()
            listed: list[Row] = []
            # Cases in the order in which everybody locks them.
            for row in sorted(waiting, key=lambda row: (row.case_id, row.id)):
                self._mark(connection, row.id, at)
                case = _case(connection, row.case_id)
                if case.state not in UNACKNOWLEDGED:
                    continue
                if case.priority != "review":
                    self._send_to_contact(connection, settings, case, row, at)
                elif row.reason == "overdue":
                    listed.append(case)
                else:
                    # The record waits for the list; nobody is alarmed.
                    by = next_working_list(settings, aware(row.created_at))
                    self._change(connection, case.id, due_at=utc(by))
            if listed:
                self._send_list(connection, settings, listed, at)
            return len(waiting)

    def pass_on(self, settings: Settings, at: datetime) -> int:
        """Passes on the cases that nobody acknowledged in time.

        The patient is told once that nobody has answered yet. A case for review comes onto the
        working list instead, and onto the next one until somebody acknowledges it.

        Returns:
            How many cases were overdue.

        Raises:
            EscalationStoreError: If the store failed; nothing has changed then.
        """
        due = (
            select(case_table)
            .where(case_table.c.state.in_(UNACKNOWLEDGED), case_table.c.due_at <= utc(at))
            .order_by(case_table.c.due_at)
            .limit(AT_A_TIME)
        )
        if not self._store.holds("look for overdue cases", due):
            return 0
        with self._store.transaction("pass cases on") as connection:
            overdue = connection.execute(due.with_for_update(skip_locked=True)).all()
            for case in overdue:
                self._change(connection, case.id, due_at=None)
                if case.priority != "review" and case.contact is not None:
                    _tell_waiting(connection, case, at)
                    what = "not acknowledged in time"
                    note(connection, case.id, what, case.contact, "worker", at)
                put_into_outbox(connection, case.id, "overdue", at)
            return len(overdue)

    def _send_to_contact(
        self, connection: Connection, settings: Settings, case: Row, row: Row, at: datetime
    ) -> None:
        contact = contact_for(settings, at, case.contact)
        if contact is None:
            # Said in the audit and to the patient, and looked at again soon; whoever comes on duty
            # first is then asked first.
            self._say_that_nobody_is_there(connection, case, at)
            _tell_waiting(connection, case, at)
            self._change(connection, case.id, contact=None, due_at=utc(at + SOONER))
            return
        self._deliver(connection, settings, contact, [case], row.reason, at)
        begun = at if row.reason == "overdue" else aware(case.begun_at)
        by = acknowledge_by(settings, case.priority, begun, at)
        self._change(connection, case.id, contact=contact, due_at=utc(by))

    def _send_list(
        self, connection: Connection, settings: Settings, cases: Sequence[Row], at: datetime
    ) -> None:
        contact = list_contact(settings, at)
        if contact is not None:
            self._deliver(connection, settings, contact, cases, "list", at)
        for case in cases:
            if contact is None:
                self._say_that_nobody_is_there(connection, case, at)
            self._change(connection, case.id, due_at=utc(next_working_list(settings, at)))

    def _say_that_nobody_is_there(self, connection: Connection, case: Row, at: datetime) -> None:
        if _last_event(connection, case.id) != NOBODY_ON_DUTY:
            note(connection, case.id, NOBODY_ON_DUTY, self._worker, "worker", at)

    def _deliver(
        self,
        connection: Connection,
        settings: Settings,
        contact: str,
        cases: Sequence[Row],
        reason: str,
        at: datetime,
    ) -> None:
        """Makes the deliveries of one round; what a target still waits for is overtaken by it."""
        ids = [case.id for case in cases]
        self._drop_overtaken(connection, contact, ids)
        for target in range(len(settings.contacts[contact].notify)):
            values = {
                # Random: a receiver ignores keys that it has seen, in whatever store they were.
                "key": f"{cases[0].reference}-{secrets.token_hex(KEY_BYTES)}",
                "cases": ids,
                "reason": reason,
                "contact": contact,
                "target": target,
                "rank": min(rank(case.priority) for case in cases),
                "state": "waiting",
                "attempts": 0,
                "refusals": 0,
                "created_at": utc(at),
                "due_at": utc(at),
            }
            connection.execute(insert(delivery_table).values(values))
        for case in cases:
            note(connection, case.id, "passed to", contact, "worker", at, reason=reason)

    def _drop_overtaken(self, connection: Connection, contact: str, cases: list[int]) -> None:
        columns = delivery_table.c
        waiting = connection.execute(
            select(columns.id, columns.cases).where(
                columns.state == "waiting", columns.contact == contact, columns.claimed_by.is_(None)
            )
        ).all()
        overtaken = [row.id for row in waiting if set(row.cases) <= set(cases)]
        connection.execute(
            update(delivery_table).where(columns.id.in_(overtaken)).values(state="dropped")
        )

    def _change(self, connection: Connection, case_id: int, **values: Any) -> None:
        connection.execute(update(case_table).where(case_table.c.id == case_id).values(values))

    def _mark(self, connection: Connection, row_id: int, at: datetime) -> None:
        done = update(outbox_table).where(outbox_table.c.id == row_id)
        connection.execute(done.values(routed_at=utc(at)))


def _case(connection: Connection, case_id: int) -> Row:
    return connection.execute(
        select(case_table).where(case_table.c.id == case_id).with_for_update()
    ).one()


def _last_event(connection: Connection, case_id: int) -> str | None:
    events = select(event_table.c.what).where(event_table.c.case_id == case_id)
    newest: str | None = connection.execute(
        events.order_by(event_table.c.id.desc()).limit(1)
    ).scalar()
    return newest


def _tell_waiting(connection: Connection, case: Row, at: datetime) -> None:
    """Tells the patient, once in each round of a case, that nobody has answered yet."""
    columns = notice_table.c
    told = select(func.count()).where(
        columns.case_id == case.id, columns.kind == WAITING, columns.at >= case.begun_at
    )
    if not connection.execute(told).scalar_one():
        leave_notice(connection, case.id, case.conversation, WAITING, at)
