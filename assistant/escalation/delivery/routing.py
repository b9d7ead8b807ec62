"""Decides whom a case goes to, and passes it on when nobody acknowledges it in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import leave_notice, note, put_into_outbox
from assistant.escalation.duty.rota import acknowledge_by, contact_for, next_working_list
from assistant.escalation.duty.settings import Settings
from assistant.escalation.escalation import rank
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import (
    case_table,
    delivery_table,
    event_table,
    notice_table,
    outbox_table,
)
from assistant.escalation.times import aware, utc

OPEN = ("recorded", "notified")  # states in which nobody has acknowledged
SOONER = timedelta(minutes=1)  # how soon nobody on duty is looked at again
AT_A_TIME = 50
NOBODY = -1  # step of a case that found nobody on duty: whoever comes first is asked first
NOBODY_ON_DUTY = "nobody on duty"


class Router:
    """Turns what waits in the outbox into deliveries, and what is overdue into the next round.

    Each call is one transaction. Several workers may call at once: rows that another one holds are
    skipped.

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
        with self._store.transaction("route cases") as connection:
            waiting = connection.execute(
                select(outbox_table)
                .where(outbox_table.c.routed_at.is_(None), outbox_table.c.due_at <= utc(at))
                .order_by(outbox_table.c.id)
                .limit(AT_A_TIME)
                .with_for_update(skip_locked=True)
            ).all()
            listed: list[Row] = []
            for row in waiting:
                self._mark(connection, row.id, at)
                case = _case(connection, row.case_id)
                if case.state not in OPEN and row.reason != "again":
                    continue
                if case.priority != "review":
                    self._send_to_contact(connection, settings, case, row, at)
                elif row.reason == "overdue":
                    listed.append(case)
                else:
                    # The record waits for the list; nobody is alarmed.
                    by = next_working_list(settings, aware(row.created_at))
                    self._wait(connection, case, by)
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
        with self._store.transaction("pass cases on") as connection:
            overdue = connection.execute(
                select(case_table)
                .where(case_table.c.state.in_(OPEN), case_table.c.due_at <= utc(at))
                .order_by(case_table.c.due_at)
                .limit(AT_A_TIME)
                .with_for_update(skip_locked=True)
            ).all()
            for case in overdue:
                review = case.priority == "review"
                step = case.step if review else case.step + 1
                self._change(connection, case.id, step=step, due_at=None)
                if review:
                    note(connection, case.id, "put on the list", self._worker, "worker", at)
                elif case.step != NOBODY:
                    _tell_waiting(connection, case, at)
                    what = "not acknowledged in time"
                    note(connection, case.id, what, self._worker, "worker", at, step=case.step)
                put_into_outbox(connection, case.id, "overdue", at)
            return len(overdue)

    def _send_to_contact(
        self, connection: Connection, settings: Settings, case: Row, row: Row, at: datetime
    ) -> None:
        contact = contact_for(settings, at, case.step)
        if contact is None:
            self._nobody(connection, case, at)
            return
        self._deliver(connection, settings, contact, [case], row.reason, f"{row.id}", at)
        if case.state in OPEN:
            began = aware(case.last_mention_at) if row.reason in ("opened", "raised") else at
            self._wait(connection, case, acknowledge_by(settings, case.priority, began))

    def _nobody(self, connection: Connection, case: Row, at: datetime) -> None:
        """Nobody is on duty: said in the audit and to the patient, and looked at again soon."""
        if _last_event(connection, case.id) != NOBODY_ON_DUTY:
            note(connection, case.id, NOBODY_ON_DUTY, self._worker, "worker", at)
        if case.priority != "review":
            _tell_waiting(connection, case, at)
            self._change(connection, case.id, step=NOBODY)
        self._wait(connection, case, at + SOONER)

    def _send_list(
        self, connection: Connection, settings: Settings, cases: Sequence[Row], at: datetime
    ) -> None:
        contact = contact_for(settings, at, 0)
        if contact is None:
            for case in cases:
                self._nobody(connection, case, at)
            return
        key = f"list-{min(case.id for case in cases)}-{at:%Y%m%dT%H%M%S}"
        self._deliver(connection, settings, contact, cases, "list", key, at)
        for case in cases:
            self._wait(connection, case, next_working_list(settings, at))

    def _deliver(
        self,
        connection: Connection,
        settings: Settings,
        contact: str,
        cases: Sequence[Row],
        reason: str,
        key: str,
        at: datetime,
    ) -> None:
        for target in range(len(settings.contacts[contact].notify)):
            values = {
                "key": f"{key}-{contact}-{target}",
                "cases": [case.id for case in cases],
                "reason": reason,
                "contact": contact,
                "target": target,
                "rank": min(rank(case.priority) for case in cases),
                "state": "waiting",
                "attempts": 0,
                "created_at": utc(at),
                "due_at": utc(at),
            }
            connection.execute(insert(delivery_table).values(values))
        for case in cases:
            note(connection, case.id, "passed to", contact, "worker", at, reason=reason)

    def _wait(self, connection: Connection, case: Row, by: datetime) -> None:
        self._change(connection, case.id, due_at=utc(by))

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
    """Tells the patient, once in a case, that nobody has answered yet."""
    told = select(func.count()).where(
        notice_table.c.case_id == case.id, notice_table.c.kind == "waiting"
    )
    if not connection.execute(told).scalar_one():
        leave_notice(connection, case.id, case.conversation, "waiting", at)
