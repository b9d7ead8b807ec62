"""What is told of cases: read from a real store at a scrape, counted as it is recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from sqlalchemy import insert, update

from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.notify import NotifyError
from assistant.escalation.delivery.process import Worker
from assistant.escalation.health import Health
from assistant.escalation.metrics import SCRAPE_SECONDS, HealthCollector, StoreCollector
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, outbox_table, worker_table
from assistant.escalation.times import utc

NOW = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)
Scrape = Callable[..., float | None]


@pytest.fixture
def scrape(store: EscalationStore) -> Scrape:
    """Asks the store as a scrape at 10 o'clock does: `scrape("assistant_workers")`."""
    registry = CollectorRegistry()
    registry.register(StoreCollector(lambda: store, lambda: NOW, seconds=30))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    return value


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def change(store: EscalationStore, **values: object) -> None:
    with store.transaction("change the case") as connection:
        connection.execute(update(case_table).values(values))


def test_a_store_without_a_case_tells_of_none(scrape: Scrape):
    assert scrape("assistant_store_up") == 1
    assert scrape("assistant_open_cases", state="recorded", priority="page") == 0
    assert scrape("assistant_late_cases", priority="page") == 0
    assert scrape("assistant_oldest_unacknowledged_seconds", priority="page") == 0
    assert scrape("assistant_workers") == 0
    for queue in ("outbox", "staff", "hospital"):
        assert scrape("assistant_worker_lag_seconds", queue=queue) == 0


def test_open_cases_are_told_by_state_and_priority(store, scrape, escalation):
    store.record(escalation())
    store.record(escalation(conversation="ben", priority="same-day", urgency="same-day"))
    assert scrape("assistant_open_cases", state="recorded", priority="page") == 1
    assert scrape("assistant_open_cases", state="recorded", priority="same-day") == 1
    case = CaseBook(store).open_cases()[0]
    CaseBook(store).acknowledge(case.reference, "Joy", "test")
    assert scrape("assistant_open_cases", state="acknowledged", priority="page") == 1
    assert scrape("assistant_open_cases", state="recorded", priority="page") == 0
    CaseBook(store).close(case.reference, "Joy", "test")
    assert scrape("assistant_open_cases", state="acknowledged", priority="page") == 0


def test_a_case_is_late_when_its_limit_is_over(store, scrape, escalation):
    store.record(escalation())
    change(store, begun_at=utc(NOW - timedelta(minutes=12)), due_at=utc(NOW + timedelta(minutes=1)))
    assert scrape("assistant_late_cases", priority="page") == 0
    assert scrape("assistant_oldest_unacknowledged_seconds", priority="page") == 720
    change(store, due_at=utc(NOW - timedelta(minutes=1)))
    assert scrape("assistant_late_cases", priority="page") == 1


def test_what_no_worker_has_taken_is_a_lag(store, scrape, escalation):
    store.record(escalation())
    with store.transaction("age the outbox") as connection:
        connection.execute(update(outbox_table).values(due_at=utc(NOW - timedelta(seconds=90))))
    assert scrape("assistant_worker_lag_seconds", queue="outbox") == 90


@pytest.mark.parametrize("permanent", [False, True])
def test_what_a_worker_could_not_deliver_waits_and_is_counted(
    store, scrape, escalation, permanent: bool
):
    def refuse(*_: object) -> None:
        raise NotifyError("the target says no", permanent=permanent)

    outcomes = {"to": "staff", "outcome": "failed"}
    before = value("assistant_deliveries_total", **outcomes)
    store.record(escalation(recorded_at=NOW))
    with store.transaction("make it due") as connection:
        connection.execute(update(outbox_table).values(due_at=utc(NOW)))
    Worker(store, refuse, lambda: NOW).step()
    assert value("assistant_deliveries_total", **outcomes) == before + 1
    assert scrape("assistant_deliveries_open", to="staff", state="waiting") == 1
    assert scrape("assistant_worker_lag_seconds", queue="outbox") == 0
    assert scrape("assistant_workers") == 1
    assert scrape("assistant_workers_with_fault") == 0


def test_workers_that_are_silent_or_stopped_do_not_count(store, scrape):
    def worker(name: str, seconds: int, **values: object) -> None:
        seen = utc(NOW - timedelta(seconds=seconds))
        row = {"name": name, "started_at": seen, "seen_at": seen, "fault": None, "stopped": False}
        with store.transaction("make a worker") as connection:
            connection.execute(insert(worker_table).values({**row, **values}))

    worker("alive", 2, fault="nobody is on duty")
    worker("silent", 60)
    worker("stopped", 2, stopped=True)
    assert scrape("assistant_workers") == 1
    assert scrape("assistant_workers_with_fault") == 1


def test_a_store_that_fails_is_told_and_its_figures_are_left_out(tmp_path):
    registry = CollectorRegistry()
    broken = EscalationStore(f"sqlite:///{tmp_path / 'missing' / 'escalations.sqlite'}")
    registry.register(StoreCollector(lambda: broken))
    assert registry.get_sample_value("assistant_store_up") == 0
    assert registry.get_sample_value("assistant_workers") is None


def test_a_store_that_hangs_holds_no_scrape_up(store):
    def hang() -> EscalationStore:
        time.sleep(SCRAPE_SECONDS * 5)
        return store

    registry = CollectorRegistry()
    registry.register(StoreCollector(hang))
    started = time.monotonic()
    assert registry.get_sample_value("assistant_store_up") == 0
    assert time.monotonic() - started < SCRAPE_SECONDS * 4
    assert registry.get_sample_value("assistant_store_up") == 0  # told at once: it still hangs


def test_a_record_is_counted_once_by_priority_and_by_each_category(store, escalation):
    mentions = [
        {"category": name, "status": "present", "words": "my own words"}
        for name in ("fracture", "fracture", "infection", "my own words")
    ]
    labels = {"priority": "page"}
    categories = ("fracture", "infection", "other", "cord-compression")

    def counts() -> list[float]:
        by = [
            value("assistant_red_flags_recorded_total", category=one, **labels)
            for one in categories
        ]
        return [value("assistant_escalations_recorded_total", **labels), *by]

    before = counts()
    store.record(escalation(mentions=mentions))
    store.record(escalation(mentions=mentions))
    assert [after - one for after, one in zip(counts(), before, strict=True)] == [1, 1, 1, 1, 0]


def test_time_to_acknowledge_counts_from_the_beginning_of_the_round(store, escalation):
    store.record(escalation())
    begun = datetime.now(timezone.utc) - timedelta(minutes=7)
    change(store, begun_at=utc(begun))
    name = "assistant_acknowledgement_seconds"
    before = value(f"{name}_count", priority="page"), value(f"{name}_sum", priority="page")
    (case,) = CaseBook(store).open_cases()
    CaseBook(store).acknowledge(case.reference, "Joy", "test")
    CaseBook(store).acknowledge(case.reference, "Ann", "test")  # somebody was faster
    assert value(f"{name}_count", priority="page") == before[0] + 1
    assert value(f"{name}_sum", priority="page") - before[1] == pytest.approx(420, abs=30)


def test_parts_of_readiness_are_told_as_they_were_found():
    health, registry = Health(), CollectorRegistry()
    registry.register(HealthCollector(health))
    health.recover("model")
    assert registry.get_sample_value("assistant_ready") == 1
    health.fail("reply-store", "joan's words would stand here")
    health.fail("reply-store", "again")
    assert registry.get_sample_value("assistant_ready") == 0
    assert registry.get_sample_value("assistant_part_up", {"part": "model"}) == 1
    labels = {"part": "reply-store"}
    assert registry.get_sample_value("assistant_part_up", labels) == 0
    assert registry.get_sample_value("assistant_part_failures_total", labels) == 2
