"""A clock that goes only where a test puts it, and a worker that lives by it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sqlalchemy import func, select

from assistant.escalation.delivery.process import Worker
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, delivery_table
from assistant.escalation.times import aware

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)  # a Thursday
TICK = timedelta(seconds=15)


class Clock:
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        """The same as `time.time` tells it, for receivers."""
        return self.at.timestamp()


def work(store: EscalationStore, worker: Worker, clock: Clock, until: datetime) -> None:
    """Lets the worker do all that becomes due until a moment, each thing when it is due."""
    worker.step()
    while (due := next_due(store)) is not None and due <= until:
        clock.at = max(due, clock.at + TICK)
        worker.step()
    clock.at = until
    worker.step()


def next_due(store: EscalationStore) -> datetime | None:
    """When the next delivery is tried, or the next case passed on."""
    waiting = select(func.min(delivery_table.c.due_at)).where(delivery_table.c.state == "waiting")
    with store.reading("see what is due") as connection:
        moments = [
            connection.execute(waiting).scalar(),
            connection.execute(select(func.min(case_table.c.due_at))).scalar(),
        ]
    return min((aware(moment) for moment in moments if moment), default=None)


def deliveries(store: EscalationStore) -> list:
    with store.reading("read deliveries") as connection:
        return list(connection.execute(select(delivery_table).order_by(delivery_table.c.id)))
