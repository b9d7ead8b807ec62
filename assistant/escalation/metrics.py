"""What a process tells of cases and of its own health, read at each scrape.

Each process reads the same store, so that cases are seen as long as one of them runs: of several
processes take `max`, never `sum`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from assistant.escalation.delivery.process import ALIVE_WITHIN
from assistant.escalation.escalation import PRIORITIES, UNACKNOWLEDGED
from assistant.escalation.health import HEALTH, Health
from assistant.escalation.lateness import late_at
from assistant.escalation.store import EscalationStore, patient_store
from assistant.escalation.tables import (
    case_table,
    delivery_table,
    outbox_table,
    outgoing_table,
    worker_table,
)
from assistant.escalation.times import now, utc
from assistant.escalation.worker import Worker
from assistant.observability.exposition import serve_metrics

SCRAPE_SECONDS = 1.0
OPEN_STATES = ("recorded", "notified", "acknowledged")
DELIVERY_STATES = ("waiting", "parked")


class StoreCollector(Collector):
    """Open cases, deliveries and workers, read at each scrape under a time limit.

    A store that does not answer is `assistant_store_up 0` and no figures: none are better than old
    ones.

    Args:
        store: Gives the escalation store.
        clock: Gives the present moment.
        seconds: The limit.
    """

    def __init__(
        self,
        store: Callable[[], EscalationStore],
        clock: Callable[[], datetime] = now,
        seconds: float = SCRAPE_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._worker = Worker("metrics-probe")

    def describe(self) -> Sequence[Metric]:
        """Nothing: registering must not ask the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yields the figures."""
        try:
            found = self._worker.submit(self._read).result(self._seconds)
        except Exception:  # noqa: BLE001 - a scrape tells of the other figures all the same
            found = None
        text = "Whether the escalation store answered in time."
        yield GaugeMetricFamily("assistant_store_up", text, float(found is not None))
        yield from found or ()

    def _read(self) -> list[Metric]:
        at = self._clock()
        with self._store().reading("read figures") as connection:
            return [
                _open_cases(connection),
                _late_cases(connection, at),
                _oldest(connection, at),
                _waiting(connection),
                _lag(connection, at),
                *_workers(connection, at),
            ]


def _open_cases(connection: Connection) -> Metric:
    family = GaugeMetricFamily(
        "assistant_open_cases", "Cases that are not closed.", labels=["state", "priority"]
    )
    columns = case_table.c
    counted = (
        select(columns.state, columns.priority, func.count())
        .where(columns.state != "closed")
        .group_by(columns.state, columns.priority)
    )
    found = {(state, priority): count for state, priority, count in connection.execute(counted)}
    for state in OPEN_STATES:
        for priority in PRIORITIES:
            family.add_metric([state, priority], found.get((state, priority), 0))
    return family


def _late_cases(connection: Connection, at: datetime) -> Metric:
    family = GaugeMetricFamily(
        "assistant_late_cases",
        "Cases that nobody has acknowledged within their limit.",
        labels=["priority"],
    )
    columns = case_table.c
    counted = select(columns.priority, func.count()).where(late_at(at)).group_by(columns.priority)
    found = dict(connection.execute(counted).all())
    for priority in PRIORITIES:
        family.add_metric([priority], found.get(priority, 0))
    return family


def _oldest(connection: Connection, at: datetime) -> Metric:
    family = GaugeMetricFamily(
        "assistant_oldest_unacknowledged_seconds",
        "How long the oldest case that nobody has acknowledged has waited; 0 without one.",
        labels=["priority"],
    )
    columns = case_table.c
    begun = (
        select(columns.priority, func.min(columns.begun_at))
        .where(columns.state.in_(UNACKNOWLEDGED))
        .group_by(columns.priority)
    )
    found = dict(connection.execute(begun).all())
    for priority in PRIORITIES:
        family.add_metric([priority], _age(found.get(priority), at))
    return family


def _waiting(connection: Connection) -> Metric:
    family = GaugeMetricFamily(
        "assistant_deliveries_open",
        "Deliveries that are not done: waiting for their (next) attempt, or parked for people.",
        labels=["to", "state"],
    )
    for receiver, table in (("staff", delivery_table), ("hospital", outgoing_table)):
        counted = (
            select(table.c.state, func.count())
            .where(table.c.state.in_(DELIVERY_STATES))
            .group_by(table.c.state)
        )
        found = dict(connection.execute(counted).all())
        for state in DELIVERY_STATES:
            family.add_metric([receiver, state], found.get(state, 0))
    return family


def _lag(connection: Connection, at: datetime) -> Metric:
    family = GaugeMetricFamily(
        "assistant_worker_lag_seconds",
        "How long what is due has waited for a worker; 0 where nothing is due.",
        labels=["queue"],
    )
    due_rows = select(func.min(outbox_table.c.due_at)).where(outbox_table.c.routed_at.is_(None))
    family.add_metric(["outbox"], _age(connection.execute(due_rows).scalar(), at))
    for queue, table in (("staff", delivery_table), ("hospital", outgoing_table)):
        unclaimed = or_(table.c.claimed_until.is_(None), table.c.claimed_until < utc(at))
        due = select(func.min(table.c.due_at)).where(table.c.state == "waiting", unclaimed)
        family.add_metric([queue], _age(connection.execute(due).scalar(), at))
    return family


def _workers(connection: Connection, at: datetime) -> Iterator[Metric]:
    columns = worker_table.c
    alive = select(func.count(), func.count(columns.fault)).where(
        columns.stopped.is_(False), columns.seen_at >= utc(at - ALIVE_WITHIN)
    )
    count, faulty = connection.execute(alive).one()
    yield GaugeMetricFamily("assistant_workers", "Workers that gave a sign of life.", count)
    text = "Workers that say what keeps escalations from people (nobody on duty, settings ...)."
    yield GaugeMetricFamily("assistant_workers_with_fault", text, faulty)


def _age(since: datetime | None, at: datetime) -> float:
    return 0.0 if since is None else max(0.0, (utc(at) - since).total_seconds())


class HealthCollector(Collector):
    """The parts of readiness, as they were last found.

    Args:
        health: The process's registry.
    """

    def __init__(self, health: Health = HEALTH) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Yields the parts."""
        state = self._health.ready
        text = "Whether all parts of this process work, as the readiness probe says."
        yield GaugeMetricFamily("assistant_ready", text, float(state["ready"]))
        works = GaugeMetricFamily("assistant_part_up", "Whether a part works.", labels=["part"])
        text = "How often a part was found not to work."
        failures = CounterMetricFamily("assistant_part_failures", text, labels=["part"])
        for name, part in state["parts"].items():
            works.add_metric([name], float(part["ok"]))
            failures.add_metric([name], part["failures"])
        yield works
        yield failures


def expose_store(
    store: Callable[[], EscalationStore], registry: CollectorRegistry = REGISTRY
) -> None:
    """Adds the figures of a store to those of the process, once."""
    _expose(registry, StoreCollector(store), "store")


def serve_store_metrics(setting: str) -> None:
    """Serves the figures of a process beside the assistant's server, see `serve_metrics`.

    Raises:
        MetricsError: If the variable's value cannot be used.
    """
    if serve_metrics(setting) is not None:
        expose_store(patient_store)


def expose_health(health: Health = HEALTH, registry: CollectorRegistry = REGISTRY) -> None:
    """Adds the parts of readiness to the figures of the process, once."""
    _expose(registry, HealthCollector(health), "health")


_exposed: set[tuple[int, str]] = set()


def _expose(registry: CollectorRegistry, collector: Collector, name: str) -> None:
    if (id(registry), name) not in _exposed:
        _exposed.add((id(registry), name))
        registry.register(collector)
