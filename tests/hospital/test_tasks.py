"""Escalations of every channel as Tasks, and what staff do with them there; readiness."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from our_side import Site, communication
from waiting import until

from assistant.escalation.cases import CaseBook
from assistant.escalation.hospital.arrival import TaskUpdate
from assistant.escalation.hospital.health import queue_fault, server_fault
from assistant.escalation.hospital.inbox import Inbox
from assistant.escalation.notices import NoticeBoard
from assistant.escalation.times import now


@pytest.fixture
def tasks(site: Site, store: Any) -> Any:
    """Lets the worker work; returns the Tasks on the hospital's server, oldest first."""

    def work() -> list[dict[str, Any]]:
        site.work()
        found = site.hospital_search("Task", _count="100")
        return sorted(found, key=lambda task: task["meta"]["lastUpdated"])

    return work


def update(site: Site, task: dict[str, Any], status: str) -> str:
    """The hospital tells us of a Task; returns our word on it."""
    answer = site.post({**task, "status": status, "owner": {"display": "Nurse Joy"}})
    assert answer.status_code == 202
    return str(answer.json()["issue"][0]["diagnostics"])


@pytest.mark.parametrize(
    ("priority", "theirs"), [("page", "stat"), ("same-day", "urgent"), ("person", "routine")]
)
def test_a_case_of_any_channel_becomes_a_task(
    site: Site, store: Any, escalation: Any, tasks: Any, hospital: Any, priority: str, theirs: str
) -> None:
    recorded = store.record(escalation(priority=priority))
    (task,) = tasks()
    assert (task["status"], task["intent"], task["priority"]) == ("requested", "order", theirs)
    assert task["reasonCode"]["coding"][0]["code"] == "cord-compression"
    assert "for" not in task and "focus" not in task  # the web page's patients are not theirs
    assert recorded.case in task["description"] and hospital.validate(task) == []


def test_a_task_accepted_and_completed_acknowledges_and_closes(
    site: Site, store: Any, escalation: Any, tasks: Any
) -> None:
    case = store.record(escalation()).case
    (task,) = tasks()
    for _ in range(2):
        assert update(site, task, "received") == "The Task changed nothing."
    assert update(site, task, "accepted") == "The case was changed."
    assert update(site, task, "accepted") == "The Task changed nothing."
    assert CaseBook(store).case(case).acknowledged_by == "Nurse Joy"
    assert [one.kind for one in NoticeBoard(store).since("anna")] == ["seen"]
    assert update(site, task, "completed") == "The case was changed."
    assert CaseBook(store).case(case).state == "closed"


def test_an_older_task_does_not_acknowledge_what_the_patient_said_since(
    site: Site, store: Any, escalation: Any, tasks: Any
) -> None:
    case = store.record(escalation()).case
    (first,) = tasks()
    update(site, first, "accepted")
    worse = {"category": "cord-compression", "status": "present", "words": "cannot walk"}
    store.record(escalation(message_id="m2", mentions=[worse], recorded_at=now()))
    assert CaseBook(store).case(case).state == "recorded"
    for status in ("accepted", "completed"):
        assert update(site, first, status) == "The Task changed nothing."
    assert CaseBook(store).case(case).state == "recorded"
    (_, second) = tasks()
    assert second["groupIdentifier"] == first["groupIdentifier"]
    assert update(site, second, "accepted") == "The case was changed."


def test_a_task_that_is_turned_down_goes_to_the_next_at_once(
    site: Site, store: Any, escalation: Any, tasks: Any
) -> None:
    store.record(escalation())
    (task,) = tasks()
    assert update(site, task, "rejected") == "The case was changed."
    assert len(tasks()) == 2  # here the next is the first again


def test_a_task_of_nobody_changes_nothing(site: Site, store: Any) -> None:
    inbox = Inbox(store, "w", "fhir-")
    for key in ("", ".", "x.Y", "a.b.c"):
        assert inbox.take([TaskUpdate(key, "completed", "x")], now()) == [False]
    other = {"resourceType": "Task", "status": "completed", "intent": "order"}
    assert site.post(other).json()["issue"][0]["severity"] == "information"


def test_readiness_tells_of_their_server_and_of_the_queue(
    site: Site, store: Any, hospital: Any, assistant: Any
) -> None:
    hospital.control(clients={})  # their authority no longer knows us
    site.post(communication())
    until(lambda: site.work() or server_fault(store, now() + timedelta(hours=1)), "the fault")
    assert server_fault(store) is None  # not at the first failure
    wrong = server_fault(store, now() + timedelta(minutes=3))
    assert wrong == "fhir:main: the token was refused: the server answered 400"
    assert queue_fault(store, now() + timedelta(hours=1)) is None
    with store.transaction("let a message wait") as connection:
        forgotten = "UPDATE hospital_inbound SET state = 'waiting', conversation = 'x'"
        connection.exec_driver_sql(forgotten)
    assert "has waited" in str(queue_fault(store, now() + timedelta(hours=1)))
