"""What a page has shown of a conversation, and what may be done upon it."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from served import field, write_tracker

from assistant.escalation.cases import CaseBook
from assistant.escalation.notices import NoticeBoard
from assistant.escalation.tables import case_table
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now
from assistant.learning.queue import ReviewQueue, ReviewQueueError, default_queue
from assistant.web.console.listing import Listing

UNREAD = "The patient has written: read it first"


@pytest.fixture
def says(store, state):
    """The patient writes, as the channel and Rasa note it: `says("worse now")`."""

    def say(text):
        TakeOvers(store).message_arrives("anna")
        write_tracker(state, "anna", [("user", {"text": text})])

    return say


def holder(store):
    standing = TakeOvers(store).of_conversation("anna")
    return standing and standing.staff


@pytest.mark.parametrize("action", ["hand-back", "close"])
def test_what_the_patient_wrote_meanwhile_is_read_first(joy, store, case, says, action):
    says("my legs are numb")
    joy.press(case, "take-over")
    before = field(joy.get(f"/cases/{case}").text, "read_until")
    says("now my arms too")
    answer = joy.press(case, action, outcome="advised", read_until=before)
    assert answer.status_code == 409 and UNREAD in answer.text
    assert "now my arms too" in answer.text  # shown anew
    assert holder(store) == "joy" and CaseBook(store).case(case).state == "acknowledged"
    assert joy.press(case, action, outcome="advised").status_code == 200
    assert holder(store) is None


def test_a_page_that_showed_no_word_of_the_patient_hands_nothing_back(joy, store, case, says):
    joy.press(case, "take-over")
    before = field(joy.get(f"/cases/{case}").text, "read_until")
    says("hello?")
    assert joy.press(case, "hand-back", read_until=before).status_code == 409
    assert joy.press(case, "hand-back", read_until="x").status_code == 400
    assert holder(store) == "joy"


def test_a_line_written_without_the_last_message_in_view_leaves_the_patient_waiting(
    joy, store, case, says
):
    joy.press(case, "take-over")
    before = field(joy.get(f"/cases/{case}").text, "read_until")
    says("are you there?")
    joy.press(case, "write", text="lie down", read_until=before)
    assert TakeOvers(store).of_conversation("anna").patient_waits
    assert "Patient waits since" in joy.get(f"/cases/{case}").text
    joy.press(case, "write", text="yes")
    assert not TakeOvers(store).of_conversation("anna").patient_waits


def test_the_pulse_says_who_waits_for_whom(joy, ann, store, case, says):
    joy.press(case, "take-over")
    assert joy.get("/cases/changes").json()["waits"] == []
    version = ann.get("/cases/changes").json()["version"]
    says("are you there?")
    assert ann.get(f"/cases/changes?since={version}").status_code == 200
    (own,), (other,) = (one.get("/cases/changes").json()["waits"] for one in (joy, ann))
    assert (own["case"], own["own"], other["own"], other["name"]) == (case, True, False, "Joy")
    page = ann.get("/cases").text
    assert "Joy writes in it" in page and "patient waits since" in page


def test_the_pulse_changes_with_the_number_of_the_unseen(store, case):
    before = str(Listing(store).pulse())
    with store.transaction("lose it without an event") as connection:
        connection.execute(case_table.update().values(state="closed"))
    assert str(Listing(store).pulse()) != before


def test_a_colleague_takes_over_only_from_whom_the_page_named(joy, ann, store, case):
    joy.press(case, "take-over")
    page = ann.get(f"/cases/{case}").text
    assert "Yes, take over from Joy" in page and field(page, "instead_of") == "joy"
    assert "Joy writes in this conversation" in ann.press(case, "take-over").text
    assert ann.press(case, "take-over", instead_of="root").status_code == 409
    assert holder(store) == "joy"
    ann.press(case, "take-over", instead_of="joy")
    assert holder(store) == "ann"
    assert "NOT sent" in joy.press(case, "write", text="still me").text
    known = CaseBook(store).case(case).id
    (taken,) = [e for e in CaseBook(store).events(known) if e.what == "taken from somebody"]
    assert (taken.who, taken.details["staff"]) == ("ann", "joy")


def test_a_case_that_changed_is_not_taken_over(joy, store, case):
    answer = joy.press(case, "take-over", seen="of before")
    assert answer.status_code == 409 and "has changed since you saw it" in answer.text
    assert holder(store) is None


def test_whoever_is_disabled_has_no_conversation_any_longer(admin, joy, store, case, says):
    joy.press(case, "take-over")
    says("are you there?")
    admin.post("/accounts/joy", data={"csrf_token": admin.token(), "what": "disable"})
    assert holder(store) is None
    assert CaseBook(store).case(case).state == "recorded"  # with whoever is on duty


def test_a_line_says_that_the_patients_page_has_not_fetched_it(joy, store, case):
    joy.press(case, "take-over")
    joy.press(case, "write", text="I am calling you")
    assert "not read by the patient's page yet" in joy.get(f"/cases/{case}").text
    board = NoticeBoard(store)
    board.note_told("anna", board.since("anna")[-1].id)
    page = joy.get(f"/cases/{case}").text
    assert "I am calling you" in page and "page yet" not in page


def test_a_message_that_cannot_be_shown_is_said_and_binds_nobody(
    joy, store, case, says, state, monkeypatch
):
    monkeypatch.setattr("assistant.web.console.conversation.TURN", timedelta())
    joy.press(case, "take-over")
    says("kept as it should be")
    assert "cannot be shown here" not in joy.get(f"/cases/{case}").text
    with sqlite3.connect(state / "tracker.sqlite") as tracker:
        tracker.execute("DELETE FROM events WHERE sender_id = 'anna'")
    page = joy.get(f"/cases/{case}").text
    assert "cannot be shown here; ask the patient to write it again" in page
    assert joy.press(case, "hand-back").status_code == 200 and holder(store) is None


def test_a_recorded_message_without_its_line_is_said(joy, store, escalation, state):
    write_tracker(state, "bob", [("user", {"text": "hello"})])
    early, late = (now() - timedelta(seconds=ago) for ago in (40, 20))
    with sqlite3.connect(state / "tracker.sqlite") as tracker:
        tracker.execute("UPDATE events SET timestamp = ?", (early.timestamp(),))
    case = store.record(escalation(conversation="bob", recorded_at=early)).case
    assert "cannot be shown" not in joy.get(f"/cases/{case}").text
    store.record(escalation(conversation="bob", message_id="m2", recorded_at=late))
    assert "cannot be shown here" in joy.get(f"/cases/{case}").text


def test_a_false_alarm_that_did_not_reach_the_review_is_made_up_for(
    joy, admin, store, case, state, monkeypatch
):
    write_tracker(state, "anna", [("user", {"text": "my numb legs joke"})])

    def fail(*_):
        raise ReviewQueueError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(ReviewQueue, "add", fail)
        page = joy.press(case, "close", outcome="false-alarm").text
    assert "could not be passed to the review just now" in page
    assert CaseBook(store).case(case).outcome == "false-alarm"
    assert default_queue().waiting() == []
    for _ in range(2):  # once, however often somebody looks
        assert "numb legs joke" in admin.get("/unanswered").text
    (waiting,) = default_queue().waiting()
    assert waiting.times == 1
