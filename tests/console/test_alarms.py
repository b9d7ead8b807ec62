"""What is said and sounded on every page; what is live on a case's own; whose drafts are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from served import write_tracker
from test_console_page import shoot

from assistant.escalation import transcript
from assistant.escalation.cases import CaseBook
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now

MENTION = {"category": "jaw", "status": "present", "words": "jaw"}


def test_a_new_emergency_is_said_and_sounded_on_every_page(nurse_page, store, escalation):
    page = nurse_page("joy", "/password")
    page.locator("#sound").click()
    box = page.locator("#emergencies")
    expect(box).to_be_hidden()
    quiet = escalation(conversation="bob", priority="same-day", mentions=[MENTION])
    case = store.record(quiet).case
    store.record(escalation(conversation="bob", message_id="m2", mentions=[MENTION]))  # raised
    expect(box).to_contain_text(f"1 emergency is acknowledged by nobody: Show {case}")
    expect(page.locator("#urgent")).to_have_text(f"New emergency: case {case}, jaw")
    page.wait_for_function("document.body.dataset.chimes === '1'")
    shoot(page, "emergency")
    page.reload()  # known already
    expect(box).to_contain_text(case)
    expect(page.locator("#urgent")).to_have_text("")
    CaseBook(store).acknowledge(case, "ann", "test")
    expect(box).to_be_hidden()
    page.mouse.click(5, 400)  # browsers make no sound before
    store.record(escalation(conversation="bob", message_id="m3", mentions=[MENTION]))  # reopened
    expect(page.locator("#urgent")).to_contain_text(case)
    page.wait_for_function("document.body.dataset.chimes === '1'")
    assert page.problems == []


def test_a_patient_who_waits_is_loud_for_who_has_the_conversation(nurse_page, store, case):
    TakeOvers(store).begin(case, "joy", "Joy")
    TakeOvers(store).message_arrives("anna", now() + timedelta(seconds=1))
    joy, ann = nurse_page("joy", "/password"), nurse_page("ann", "/password")
    joy.locator("#sound").click()
    expect(joy.locator("#own-waits")).to_contain_text(f"You have case {case}: patient waits since")
    expect(ann.locator("#other-waits")).to_contain_text("(Joy has the conversation)")
    expect(ann.locator("#own-waits")).to_be_hidden()
    joy.wait_for_function("Number(document.body.dataset.beeps) > 0")
    shoot(joy, "own-wait")
    shoot(ann, "other-wait")
    ann.goto(ann.url.replace("/password", f"/cases/{case}"))
    ann.get_by_text("Take over from Joy", exact=True).click()
    shoot(ann, "take-over-from")
    ann.get_by_role("button", name="Yes, take over from Joy").click()
    expect(ann.locator("#line")).to_be_focused()
    expect(joy.locator("#own-waits")).to_be_hidden()


def test_what_comes_while_a_case_is_open_appears(nurse_page, store, case, state, monkeypatch):
    monkeypatch.setattr(transcript, "MOST_EVENTS", 2)
    write_tracker(state, "anna", [("user", {"text": "one"}), ("user", {"text": "two"})])
    TakeOvers(store).begin(case, "joy", "Joy")
    page = nurse_page("joy", f"/cases/{case}")
    expect(page.locator(".line")).to_have_count(2)
    before = page.locator("#writing [name=read_until]").input_value()
    write_tracker(state, "anna", [("user", {"text": "three"})])  # as many lines as before
    expect(page.locator("#news")).to_have_text("The patient writes: three")
    expect(page.locator("#writing [name=read_until]")).not_to_have_value(before)
    with store.transaction("ask") as connection:
        connection.exec_driver_sql("UPDATE escalation_case SET contact_asked_at = opened_at")
    CaseBook(store).keep_contact("anna", "Anna O'Neill", "07700 900123", "web")
    expect(page.locator("#contact a")).to_have_text("07700 900123")
    expect(page.locator("#changed")).to_be_visible()
    shoot(page, "call-back")
    assert page.problems == []


@pytest.mark.parametrize("then", ["logs out", "somebody else comes"])
def test_a_draft_is_nobody_elses(nurse_page, entered, console, store, case, then):
    page = nurse_page("joy", f"/cases/{case}")
    page.get_by_text("Close the case").click()
    page.get_by_label("Note").fill("for my eyes")
    names = "Object.keys(sessionStorage).filter((name) => name.startsWith('draft:'))"
    assert page.evaluate(names) == [f"draft:joy:/cases/{case}:remark"]
    if then == "logs out":
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
    else:
        key = entered("ann").cookies["console"]
        page.context.add_cookies([{"name": "console", "value": key, "url": console.url}])
        page.reload()
        expect(page.get_by_text("Ann (nurse)")).to_be_visible()
        assert page.get_by_label("Note").input_value() == ""
    assert page.evaluate(names) == []
