"""A case reaches the first contact, then the next, until somebody acknowledges it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.notify import NotifyError
from assistant.escalation.duty.settings import Settings
from assistant.escalation.notices import NoticeBoard

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUIET = {"priority": "review", "urgency": None}


def state(site, reference):
    case = CaseBook(site.store).case(reference)
    return case.state, case.contact


def history(site, reference):
    book = CaseBook(site.store)
    return [(event.what, event.who) for event in book.events(book.case(reference).id)]


def test_a_new_case_goes_to_the_first_contact_on_duty(site):
    case = site.say().case
    assert site.work() == ["pager:nurse"]
    assert state(site, case) == ("notified", "nurse")
    assert history(site, case) == [
        ("recorded", "assistant"),
        ("passed to", "nurse"),
        ("notified", "nurse"),
    ]
    assert site.work() == []


def test_nobody_acknowledges_it_goes_to_the_next_and_then_round_again(site):
    case = site.say().case
    site.work()
    assert site.work(9 * MINUTE) == []
    assert site.work(1 * MINUTE) == ["mail:registrar", "pager:registrar"]
    assert site.work(10 * MINUTE) == ["pager:nurse"]
    assert state(site, case) == ("notified", "nurse")
    assert ("not acknowledged in time", "registrar") in history(site, case)
    assert [notification.reason for _, notification in site.sent] == ["opened", *["overdue"] * 3]


def test_the_limit_counts_from_the_message_and_survives_a_restart(site):
    site.say()
    site.at += 4 * MINUTE  # no worker was running
    assert site.work() == ["pager:nurse"]
    site.__post_init__()  # another worker
    assert site.work(5 * MINUTE) == []
    assert site.work(1 * MINUTE) == ["mail:registrar", "pager:registrar"]


def test_an_acknowledged_case_is_left_alone(site):
    case = site.say().case
    site.work()
    assert CaseBook(site.store).acknowledge(case, "Joy", "terminal", site.at)
    assert site.work(3 * HOUR) == []


def test_what_was_acknowledged_before_the_worker_came_is_not_sent(site):
    case = site.say().case
    CaseBook(site.store).acknowledge(case, "Joy", "terminal", site.at)
    assert site.work() == []


@pytest.mark.parametrize(("priority", "minutes"), [("page", 10), ("same-day", 60), ("person", 120)])
def test_each_priority_has_its_limit(site, priority, minutes):
    site.say(priority=priority)
    site.work()
    assert site.work((minutes - 1) * MINUTE) == []
    assert site.work(MINUTE) != []


def test_the_same_flag_again_joins_its_case_and_alarms_nobody_twice(site):
    first = site.say().case
    site.work()
    assert site.say(message_id="m2").case == first
    assert site.work() == []
    assert len(CaseBook(site.store).open_cases()) == 1


def test_another_flag_another_conversation_and_a_late_message_are_cases_of_their_own(site):
    first = site.say().case
    jaw = [{"category": "jaw", "status": "present", "words": "jaw"}]
    others = {
        site.say(message_id="m2", mentions=jaw).case,
        site.say(message_id="m3", conversation="ben").case,
    }
    site.at += 61 * MINUTE
    others.add(site.say(message_id="m4").case)
    assert len(others - {first}) == 3


def test_a_more_pressing_message_begins_anew_even_after_somebody_acknowledged(site):
    case = site.say(priority="same-day", urgency="same-day").case
    site.work()
    CaseBook(site.store).acknowledge(case, "Joy", "terminal", site.at)
    assert site.say(message_id="m2").case == case
    assert state(site, case) == ("recorded", None)
    assert site.work() == ["pager:nurse"]
    assert site.sent[-1][1].reason == "raised"
    assert site.work(10 * MINUTE) == ["mail:registrar", "pager:registrar"]


def test_a_case_that_was_acknowledged_is_open_again_when_the_patient_writes_again(site):
    case = site.say().case
    site.work()
    CaseBook(site.store).acknowledge(case, "Joy", "terminal", site.at)
    assert site.say(message_id="m2").case == case
    assert site.work() == ["pager:nurse"]
    assert site.sent[-1][1].reason == "again"
    assert site.work(10 * MINUTE) == ["mail:registrar", "pager:registrar"]


def test_when_nobody_is_there_as_the_patient_writes_again_it_waits_for_somebody(site):
    site.at = site.at.replace(hour=16, minute=50)
    case = site.say().case
    site.work()
    CaseBook(site.store).acknowledge(case, "Joy", "terminal", site.at)
    site.at = site.at.replace(hour=17, minute=5)
    site.say(message_id="m2")
    assert site.work() == []
    site.at = site.at.replace(day=30, hour=9, minute=0)
    assert site.work() == ["pager:nurse"]


def test_a_quiet_word_about_what_somebody_has_in_hand_alarms_nobody(site):
    case = site.say().case
    site.work()
    CaseBook(site.store).acknowledge(case, "Joy", "terminal", site.at)
    site.say(message_id="m2", **QUIET)
    assert site.work() == [] and state(site, case)[0] == "acknowledged"


def test_a_closed_case_takes_no_message(site):
    case = site.say().case
    CaseBook(site.store).close(case, "Joy", "terminal", site.at)
    assert site.say(message_id="m2").case != case


def test_cases_for_review_come_together_on_the_next_working_list(site):
    for number in range(3):
        site.say(conversation=f"c{number}", **QUIET)
    assert site.work() == []
    assert site.work(HOUR) == []
    site.at = site.at.replace(day=30, hour=8, minute=29)  # Monday, before office hours
    assert site.work() == []
    assert site.work(MINUTE) == ["pager:nurse"]
    (_, listed) = site.sent[-1]
    assert len(listed.cases) == 3 and listed.title == "Working list: 3 to review"
    assert site.work(HOUR) == []
    assert site.work(24 * HOUR) == ["pager:nurse"]  # nobody has acknowledged: on the next one


def test_a_working_list_that_nobody_is_there_for_waits_for_the_next(site):
    shift = {"from": "2026-11-30T08:00", "to": "2026-11-30T10:00", "on_duty": []}
    site.settings = Settings.parse_obj({**site.settings.dict(by_alias=True), "shifts": [shift]})
    case = site.say(**QUIET).case
    site.work()
    site.at = site.at.replace(day=30, hour=8, minute=30)
    assert site.work() == [] and site.work(MINUTE) == []
    assert len([one for one in history(site, case) if one[0] == "nobody on duty"]) == 1
    assert site.work(24 * HOUR) == ["pager:nurse"]


def test_nobody_on_duty_is_said_and_whoever_comes_first_is_asked_first(site):
    site.at = site.at.replace(hour=6)
    case = site.say().case
    assert site.work() == []
    assert ("nobody on duty", "w1") in history(site, case)
    assert [one.kind for one in NoticeBoard(site.store).since("anna")] == ["waiting"]
    assert site.work(2 * MINUTE) == []
    assert len([one for one in history(site, case) if one[0] == "nobody on duty"]) == 1
    site.at = site.at.replace(hour=9, minute=0)
    assert site.work() == ["pager:nurse"]
    assert state(site, case) == ("notified", "nurse")


def test_the_patient_is_told_once_when_nobody_acknowledges_and_when_somebody_does(site):
    book, board = CaseBook(site.store), NoticeBoard(site.store)
    case = site.say().case
    site.work()
    assert board.since("anna") == []
    site.work(10 * MINUTE)
    site.work(10 * MINUTE)
    assert [one.kind for one in board.since("anna")] == ["waiting"]
    book.acknowledge(case, "Joy", "terminal", site.at)
    assert [one.kind for one in board.untold("anna")] == ["waiting", "seen"]
    last = board.since("anna")[-1].id
    board.note_told("anna", last)
    assert board.untold("anna") == []
    assert board.since("anna", after=last) == [] and board.since("ben") == []


def test_who_was_seen_and_then_writes_something_worse_is_told_again_that_nobody_answers(site):
    book, board = CaseBook(site.store), NoticeBoard(site.store)
    case = site.say().case
    site.work()
    site.work(10 * MINUTE)
    book.acknowledge(case, "Joy", "terminal", site.at)
    site.at += MINUTE
    site.say(message_id="m2")
    site.work()
    site.work(10 * MINUTE)
    assert [one.kind for one in board.since("anna")] == ["waiting", "seen", "waiting"]


def test_a_contact_that_was_told_late_is_not_passed_over_at_once(site):
    site.say()
    site.at += 12 * MINUTE  # no worker was running
    assert site.work() == ["pager:nurse"]
    assert site.work(4 * MINUTE) == []
    assert site.work(MINUTE) == ["mail:registrar", "pager:registrar"]


def test_a_target_that_comes_back_gets_the_newest_notification_alone(site):
    dead = True
    site.fault = lambda target: NotifyError("cannot be reached") if dead else None
    site.say()
    for _ in range(61):
        assert site.work(MINUTE) == []
    dead = False
    sent = [target for _ in range(6) for target in site.work(MINUTE)]
    assert sorted(sent) == ["mail:registrar", "pager:nurse", "pager:registrar"]
    assert {notification.reason for _, notification in site.sent} == {"overdue"}


def test_two_workers_route_each_case_once(site):
    other = type(site)(site.store, site.make, sent=site.sent)
    for number in range(10):
        site.say(conversation=f"c{number}")
    site.work()
    other.work()
    assert len(site.sent) == 10
