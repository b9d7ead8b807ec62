"""Two workers at once: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clock import deliveries
from receiver import Receiver
from sites import write_settings
from sqlalchemy.exc import OperationalError
from waiting import until

from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.deliverer import Deliverer
from assistant.escalation.delivery.process import Worker, main, worker_fault
from assistant.escalation.escalation import Escalation
from assistant.escalation.notices import NoticeBoard
from assistant.escalation.store import EscalationStore, Recorded
from assistant.escalation.times import now

Make = Callable[..., Escalation]
PROCESSES = multiprocessing.get_context("fork")  # without the seconds that imports take
SECONDS = 60


def recorded(store: EscalationStore, escalation: Escalation) -> Recorded:
    """Records it, again where both workers held the file too long: a turn has its journal then."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return store.record(escalation)
        except OperationalError:
            if time.monotonic() > end:
                raise


@pytest.fixture
def start(url: str, monkeypatch: pytest.MonkeyPatch):
    """Starts the worker's `main` in a process of its own."""
    monkeypatch.setenv("ASSISTANT_DATABASE", url)
    started = []

    def begin():
        process = PROCESSES.Process(target=main)
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.join()


def test_two_workers_send_each_delivery_once(
    store: EscalationStore, start, receivers: list[Receiver], escalation: Make
):
    start(), start()
    until(lambda: worker_fault(store) is None, "the worker")
    cases = [recorded(store, escalation(conversation=f"c{number}")).case for number in range(80)]
    until(lambda: len(receivers[0].acted) == 80, "all deliveries")
    until(lambda: {row.state for row in deliveries(store)} == {"sent"}, "their marks")
    assert sorted(receivers[0].cases) == sorted(cases)
    assert set(receivers[0].requests.values()) == {1}
    rows = deliveries(store)
    assert len(rows) == 80 and {row.attempts for row in rows} == {1}
    for case in CaseBook(store).open_cases():
        events = [event.what for event in CaseBook(store).events(case.id)]
        assert events == ["recorded", "passed to", "notified"]


def test_two_workers_pass_an_overdue_case_on_once(
    store: EscalationStore, start, receivers: list[Receiver], escalation: Make, state: Path
):
    write_settings(state, receivers, limits={"page": 0.05})  # three seconds
    for number in range(10):
        store.record(escalation(conversation=f"c{number}"))
    start(), start()
    until(lambda: len(receivers[2].acted) == 10, "the last contact")
    for receiver in receivers:
        assert set(receiver.requests.values()) == {1} and len(receiver.cases) == 10
    for case in CaseBook(store).open_cases():
        who = [e.who for e in CaseBook(store).events(case.id) if e.what == "passed to"]
        assert who[:3] == ["nurse", "registrar", "consultant"]
        notices = NoticeBoard(store).since(case.conversation)
        assert [notice.kind for notice in notices] == ["waiting"]


def test_a_worker_told_to_stop_finishes_what_is_under_way(
    store: EscalationStore, start, receivers: list[Receiver], escalation: Make
):
    receivers[0].seconds = 1.5
    worker = start()
    until(lambda: worker_fault(store) is None, "the worker")
    store.record(escalation())
    until(lambda: any(row.claimed_by for row in deliveries(store)), "the claim")
    os.kill(worker.pid, signal.SIGTERM)
    worker.join(20)
    assert worker.exitcode == 0
    (row,) = deliveries(store)
    assert row.state == "sent" and len(receivers[0].acted) == 1
    assert "no worker" in worker_fault(store), "it signs off"


def test_a_worker_with_a_target_that_hangs_stops_all_the_same(
    store: EscalationStore, start, escalation: Make, monkeypatch: pytest.MonkeyPatch
):
    def hang(*_: object) -> None:
        time.sleep(3600)

    monkeypatch.setattr(Worker.__init__, "__defaults__", (hang, now))
    monkeypatch.setattr(Deliverer.__init__, "__defaults__", (hang, 1.0))
    worker = start()
    store.record(escalation())
    until(lambda: any(row.attempts for row in deliveries(store)), "an attempt")
    os.kill(worker.pid, signal.SIGTERM)
    worker.join(15)
    assert worker.exitcode == 0, "it waits for a thread that never ends"


def test_a_worker_waits_for_its_store_and_goes_on(
    url: str, start, receivers: list[Receiver], escalation: Make, state: Path
):
    """A folder or server that comes late, or goes away, ends no worker."""
    if url.startswith("sqlite"):
        away = state.with_name("away")
        state.rename(away)
        state.mkdir()
        (state / "escalations.sqlite").mkdir()  # not a file: cannot be opened
        (state / "escalation.yml").write_text((away / "escalation.yml").read_text())
    worker = start()
    time.sleep(2.5)
    assert worker.is_alive()
    if url.startswith("sqlite"):
        (state / "escalations.sqlite").rmdir()
    EscalationStore(url).record(escalation())
    until(lambda: len(receivers[0].acted) == 1, "the delivery")
