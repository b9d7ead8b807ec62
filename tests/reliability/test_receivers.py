"""Receivers that are down, slow, wrong or dead for an hour: each case is delivered in the end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from clock import NOON, Clock, deliveries, work
from receiver import Receiver
from sites import write_settings

from assistant.escalation.__main__ import main as make_cases
from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery import deliverer, webhook
from assistant.escalation.delivery.deliverer import AT_A_TIME, FIRST_PAUSE, LONGEST_PAUSE, POISONED
from assistant.escalation.delivery.process import Worker
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import EscalationStore, EscalationStoreError

Make = Callable[..., Escalation]
HOUR = timedelta(hours=1)
PRIORITIES = ("person", "same-day", "page")


@pytest.fixture
def clock(receivers: list[Receiver]) -> Clock:
    """The clock of worker and receivers."""
    clock = Clock()
    for receiver in receivers:
        receiver.now = clock.seconds
    return clock


@pytest.fixture
def worker(store: EscalationStore, clock: Clock) -> Worker:
    return Worker(store, clock=clock)


def record(store: EscalationStore, escalation: Make, count: int, priority: str = "page") -> list:
    """Cases of as many conversations; returns their references."""
    return [
        store.record(
            escalation(conversation=f"{priority}-{number}", priority=priority, recorded_at=NOON)
        ).case
        for number in range(count)
    ]


def test_all_receivers_dead_for_an_hour(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    escalation: Make,
):
    cases = {priority: record(store, escalation, 2, priority) for priority in PRIORITIES}
    for receiver in receivers:
        receiver.go_down()
    work(store, worker, clock, NOON + HOUR)
    tried = deliveries(store)
    assert {row.state for row in tried} == {"waiting", "dropped"}, "nothing is given up"
    # Who was asked again meanwhile is told once, of the newer round.
    assert all(overtaken(row, tried) for row in tried if row.state == "dropped")
    assert all("cannot be reached" in row.error for row in tried)
    persons = [row for row in tried if row.created_at == tried[0].created_at and row.rank == 2]
    assert all(14 <= row.attempts <= 22 for row in persons), "with pauses of at most five minutes"
    for receiver in receivers:
        receiver.come_back()
    # The pages have gone to all three by now, and wait for somebody's acknowledgement.
    work(store, worker, clock, NOON + HOUR + timedelta(seconds=LONGEST_PAUSE * 1.2))
    assert {row.state for row in deliveries(store)} <= {"sent", "dropped"}
    nurse = receivers[0]
    assert set(nurse.cases) == {case for some in cases.values() for case in some}
    assert all(set(cases["page"]) <= set(receiver.cases) for receiver in receivers)
    assert not any(receiver.refused for receiver in receivers), "each attempt has its own timestamp"
    assert all(set(receiver.requests.values()) == {1} for receiver in receivers)


def overtaken(row, rows) -> bool:
    """Whether a later delivery tells the same contact of the same cases."""
    return any(
        other.id > row.id and other.contact == row.contact and set(row.cases) <= set(other.cases)
        for other in rows
    )


def test_the_most_pressing_go_first(
    store: EscalationStore,
    worker: Worker,
    receivers: list[Receiver],
    clock: Clock,
    escalation: Make,
):
    cases = [record(store, escalation, AT_A_TIME, priority) for priority in PRIORITIES]
    clock.at += timedelta(seconds=1)
    worker.step()
    heard = receivers[0].cases
    batches = [heard[at : at + AT_A_TIME] for at in range(0, len(heard), AT_A_TIME)]
    assert [sorted(batch) for batch in batches] == [sorted(some) for some in reversed(cases)]


def test_pauses_between_attempts_double_up_to_five_minutes(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    state: Path,
    escalation: Make,
):
    write_settings(state, receivers[:1], limits={"page": 1000})
    record(store, escalation, 1)
    receivers[0].status = 500
    pauses = []
    for _ in range(10):
        worker.step()
        (row,) = deliveries(store)
        pauses.append((row.due_at - clock.at.replace(tzinfo=None)).total_seconds())
        clock.at = row.due_at.replace(tzinfo=clock.at.tzinfo)
    wanted = [min(LONGEST_PAUSE, FIRST_PAUSE * 2**n) for n in range(10)]
    shares = [pause / want for pause, want in zip(pauses, wanted, strict=True)]
    assert all(0.79 < share < 1.21 for share in shares)
    assert len({round(share, 3) for share in shares}) > 3, "with jitter"
    (row,) = deliveries(store)
    assert (row.state, row.attempts, row.error) == ("waiting", 10, "the webhook answered 500")
    receivers[0].status = 200
    worker.step()
    assert len(receivers[0].acted) == 1 and deliveries(store)[0].state == "sent"


def test_a_receiver_that_acts_but_answers_500_acts_once(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    escalation: Make,
):
    cases = record(store, escalation, 6)
    receivers[0].acts_but_fails = 6
    work(store, worker, clock, NOON + timedelta(minutes=5))
    assert sorted(receivers[0].cases) == sorted(cases) and len(receivers[0].acted) == 6
    assert set(receivers[0].requests.values()) == {2}
    assert {(row.state, row.attempts) for row in deliveries(store)} == {("sent", 2)}


def test_a_slow_receiver_delays_only_its_own(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    state: Path,
    escalation: Make,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(webhook, "SECONDS", 0.2)
    both = {"nurse": {"name": "nurse", "notify": ["webhook:nurse", "webhook:registrar"]}}
    duty = {"office": ["nurse"], "out_of_hours": ["nurse"]}
    write_settings(state, receivers[:2], contacts=both, on_duty=duty)
    cases = record(store, escalation, 10)
    slow, quick = receivers[:2]
    slow.seconds = 0.5
    worker.step()
    assert sorted(quick.cases) == sorted(cases)
    states = Counter((row.target, row.state) for row in deliveries(store))
    assert states == {(0, "waiting"): 10, (1, "sent"): 10}
    assert {case.state for case in CaseBook(store).open_cases()} == {"notified"}
    slow.seconds = 0
    work(store, worker, clock, NOON + timedelta(minutes=1))
    assert {row.state for row in deliveries(store)} == {"sent"}
    assert len(slow.acted) == len(quick.acted) == 10


def test_a_target_that_hangs_takes_no_thread_from_the_others(
    store: EscalationStore, clock: Clock, escalation: Make, monkeypatch: pytest.MonkeyPatch
):
    """Apprise has targets without a time-out."""
    hangs, sent = threading.Event(), []

    def send(_settings, _target, notification, _at) -> None:
        if len(sent) == 0 and not hangs.is_set():
            hangs.wait(30)
        sent.append(notification.key)

    monkeypatch.setattr(deliverer.Deliverer.__init__, "__defaults__", (send, 0.3))
    worker = Worker(store, send=send, clock=clock)
    worker._deliverer = deliverer.Deliverer(store, worker.name, send, seconds=0.3)
    record(store, escalation, AT_A_TIME)
    worker.step()
    assert {row.error for row in deliveries(store)} == {"no answer within 0 s"}
    hangs.set()
    work(store, worker, clock, NOON + timedelta(minutes=1))
    assert {row.state for row in deliveries(store)} == {"sent"}


def test_a_poisoned_delivery_is_parked_and_the_next_contact_gets_the_case(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    escalation: Make,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
):
    cases = record(store, escalation, 2)
    receivers[0].status = 400
    work(store, worker, clock, NOON + timedelta(minutes=5))
    parked = [row for row in deliveries(store) if row.contact == "nurse"]
    assert {(row.state, row.attempts) for row in parked} == {("parked", POISONED)}
    assert sorted(receivers[1].cases) == sorted(cases), "sooner than the ten minutes' limit"
    book = CaseBook(store)
    assert {case.state for case in book.open_cases()} == {"notified"}
    events = [event.what for event in book.events(book.case(cases[0]).id)]
    assert events.index("parked") < events.index("notified")
    monkeypatch.setenv("ASSISTANT_DATABASE", url)
    assert make_cases([]) == 0
    shown = capsys.readouterr().out
    assert shown.lower().count("given up") == 2 and "the webhook answered 400" in shown


def test_what_was_sent_is_not_sent_again_because_the_mark_failed(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    escalation: Make,
    monkeypatch: pytest.MonkeyPatch,
):
    """A file that is locked for a moment must not send a second SMS."""
    record(store, escalation, 3)
    real, failing = EscalationStore.transaction, True

    def transaction(self, what):
        if failing and what == "mark a delivery":
            raise EscalationStoreError("database is locked")
        return real(self, what)

    monkeypatch.setattr(EscalationStore, "transaction", transaction)
    with pytest.raises(EscalationStoreError):
        worker.step()
    assert len(receivers[0].acted) == 3
    failing = False
    worker.step()
    assert {row.state for row in deliveries(store)} == {"sent"}
    work(store, worker, clock, NOON + timedelta(minutes=5))
    assert set(receivers[0].requests.values()) == {1}


def test_an_acknowledged_case_is_not_sent_any_more(
    store: EscalationStore,
    worker: Worker,
    clock: Clock,
    receivers: list[Receiver],
    escalation: Make,
):
    (case,) = record(store, escalation, 1)
    receivers[0].go_down()
    worker.step()
    CaseBook(store).acknowledge(case, "Joy", "terminal", clock.at)
    receivers[0].come_back()
    work(store, worker, clock, NOON + HOUR)
    assert [row.state for row in deliveries(store)] == ["dropped"]
    assert not any(receiver.requests for receiver in receivers)
