"""The console in a real browser, with a keyboard, on a phone, without a script."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from served import PASSWORD, write_tracker

from assistant.escalation.cases import CaseBook
from assistant.escalation.tables import case_table
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now, utc
from assistant.web.console.sessions import Sessions

SHOTS = os.environ.get("SHOTS")  # a folder, for people to look at


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"console-{name}.png"), full_page=True)


def make_late(store, case: str) -> None:
    with store.transaction("let time pass") as connection:
        own = case_table.c.reference == case
        connection.execute(
            case_table.update().where(own).values(due_at=utc(now() - timedelta(minutes=1)))
        )


def test_a_case_arrives_live_is_read_and_acknowledged(nurse_page, store, escalation, case, state):
    page = nurse_page("joy")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").focus()
    other = store.record(escalation(conversation="bob", message_id="b1")).case
    expect(page.locator("tbody tr")).to_have_count(2)  # without reloading
    expect(page.locator("#urgent")).to_contain_text(f"New emergency: case {other}")
    expect(page.locator(f"#case-{case}")).to_be_focused()  # as before
    shoot(page, "list")
    write_tracker(state, "anna", [("user", {"text": "my legs went numb"})])
    page.locator(f"#case-{case}").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(case)
    why = page.get_by_role("region", name="Why it fired")
    expect(why).to_contain_text("cord/numb on")
    expect(why).to_contain_text("0.93 of 0.40 needed")
    expect(page.locator("#conversation")).to_contain_text("my legs went numb")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Acknowledged")
    expect(page.locator("#state-of-case")).to_contain_text("acknowledged by joy")
    assert CaseBook(store).case(case).acknowledged_by == "joy"
    shoot(page, "case")
    assert page.problems == []


def test_two_nurses_want_one_case_and_one_is_told(nurse_page, store, case):
    joy, ann = nurse_page("joy", f"/cases/{case}"), nurse_page("ann", f"/cases/{case}")
    joy.get_by_role("button", name="Acknowledge").click()
    expect(joy.get_by_role("status")).to_be_visible()
    expect(ann.locator("#changed")).to_be_visible()  # without reloading
    ann.get_by_role("button", name="Acknowledge").click()
    fault = ann.locator("main > .fault").first
    expect(fault).to_contain_text("joy has taken this case meanwhile")
    assert CaseBook(store).case(case).acknowledged_by == "joy"
    joy.get_by_role("button", name="Take over").click()
    expect(joy.locator("#line")).to_be_focused()
    ann.get_by_role("button", name="Take over").click()
    expect(ann.locator("main > .fault").first).to_contain_text("Joy writes in this conversation")
    assert TakeOvers(store).of_conversation("anna").staff == "joy"
    shoot(ann, "second-nurse")


def test_a_case_that_changed_is_shown_anew_before_it_is_closed(nurse_page, store, case, escalation):
    page = nurse_page("joy", f"/cases/{case}")
    page.route("**/conversation", lambda route: route.abort())  # the page has not noticed yet
    page.get_by_text("Close the case").click()
    page.get_by_label("Advised the patient").check()
    page.get_by_label("Note").fill("called, all well")
    store.record(escalation(message_id="m2"))
    page.get_by_role("button", name="Close").click()
    expect(page.locator("main > .fault").first).to_contain_text("has changed since you saw it")
    assert CaseBook(store).case(case).state != "closed"
    expect(page.locator(".message")).to_have_count(2)
    expect(page.get_by_label("Note")).to_have_value("called, all well")  # nothing typed is lost
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("status")).to_contain_text("Closed")
    closed = CaseBook(store).case(case)
    assert (closed.outcome, closed.outcome_note) == ("advised", "called, all well")


def test_a_session_that_ends_in_the_middle_loses_no_word(nurse_page, console, store, case, staff):
    page = nurse_page("joy", f"/cases/{case}")
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Write to the patient").fill("Please lie down, I am calling")
    joy = next(one for one in staff.all() if one.login == "joy")
    key = next(c["value"] for c in page.context.cookies() if c["name"] == "console")
    Sessions(store).end(key, joy, "test")
    expect(page.locator("#alarm")).to_contain_text("You are logged out")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_have_text("Staff console")
    shoot(page, "log-in-again")
    page.get_by_label("Name").fill("joy")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("h1")).to_contain_text(case)
    expect(page.get_by_label("Write to the patient")).to_have_value("Please lie down, I am calling")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#conversation")).to_contain_text("Please lie down, I am calling")
    expect(page.get_by_label("Write to the patient")).to_have_value("")


def test_an_overdue_case_raises_banner_and_sound(nurse_page, store, case):
    page = nurse_page("joy", "/password")  # on any page
    expect(page.locator("#sound")).to_be_visible()
    expect(page.locator("#alarm")).not_to_contain_text("overdue")
    make_late(store, case)
    expect(page.locator("#alarm")).to_contain_text("1 case is overdue")
    page.locator("#sound").click()
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("Number(document.body.dataset.beeps) > 0")
    page.goto(page.url)
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")  # the choice is kept
    page.locator("#alarm a").click()
    expect(page.locator("tr.late .over")).to_have_text("over")
    shoot(page, "overdue")
    CaseBook(store).acknowledge(case, "ann", "test")
    expect(page.locator("#alarm")).not_to_contain_text("overdue")


def test_a_server_that_is_gone_is_said(nurse_page, case):
    page = nurse_page("joy")
    expect(page.locator("#alarm")).to_be_visible()  # it has asked, and no worker runs here
    page.route("**/changes*", lambda route: route.abort())
    page.evaluate("Date.now = ((real) => () => real() + 20000)(Date.now)")
    expect(page.locator("#alarm")).to_contain_text("no longer live")
    page.unroute("**/changes*")
    expect(page.locator("#alarm")).not_to_contain_text("no longer live")


def test_2000_cases_stand_in_order_page_by_page(joy, store):
    began = utc(now() - timedelta(days=1))
    priorities = ("review", "same-day", "page", "person")
    rows = [
        {
            "reference": f"{number:08X}",
            "conversation": f"c{number}",
            "channel": "web",
            "kind": "red-flag",
            "priority": priorities[number % 4],
            "categories": ["fracture"],
            "state": "acknowledged" if number % 5 == 0 else "recorded",
            **dict.fromkeys(
                ("opened_at", "last_mention_at", "begun_at"), began + timedelta(seconds=number)
            ),
        }
        for number in range(2000)
    ]
    with store.transaction("fill") as connection:
        connection.execute(case_table.insert(), rows)
    assert "2000 cases" in joy.get("/cases").text
    seen = []
    for number in (1, 2, 3, 16, 17, 32, 33, 40):
        seen += re.findall(r'data-case="(\w+)"', joy.get(f"/cases?page={number}").text)
    order = ("page", "same-day", "person", "review")
    expected = sorted(
        rows,
        key=lambda row: (
            row["state"] == "acknowledged",
            order.index(row["priority"]),
            row["opened_at"],
        ),
    )
    in_order = [row["reference"] for row in expected]
    assert seen == [
        one
        for first in (0, 50, 100, 750, 800, 1550, 1600, 1950)
        for one in in_order[first : first + 50]
    ]
    assert "500 cases" in joy.get("/cases?priority=person").text


def test_all_is_done_by_the_keyboard(nurse_page, store, case):
    page = nurse_page("joy", f"/cases/{case}")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Take over the conversation":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_be_focused()
    page.keyboard.type("I am reading this now")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation")).to_contain_text("I am reading this now")
    expect(page.locator("#line")).to_be_focused()


def test_without_script_the_forms_work(nurse_page, store, case):
    page = nurse_page("joy", f"/cases/{case}", java_script_enabled=False)
    page.get_by_role("button", name="Take over").click()
    page.get_by_label("Write to the patient").fill("hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#conversation")).to_contain_text("hello")
    page.get_by_role("button", name="Hand back").click()
    expect(page.get_by_role("status")).to_contain_text("Handed back")


def test_a_line_sent_twice_arrives_once(joy, store, case):
    joy.press(case, "take-over")
    page = joy.press(case, "write", text="one", key="k1").text
    assert "Sent." in page
    assert "sent before" in joy.press(case, "write", text="one", key="k1").text
    shown = joy.get(f"/cases/{case}/conversation").json()["conversation"]
    assert shown.count(">one</p>") == 1


def test_who_does_not_have_the_conversation_writes_nothing(joy, ann, store, case):
    joy.press(case, "take-over")
    page = ann.press(case, "write", text="from ann").text
    assert "NOT sent" in page and "Joy" in page
    assert "from ann" not in joy.get(f"/cases/{case}/conversation").text
    assert "writes in this conversation" in ann.press(case, "close", outcome="advised").text
    assert CaseBook(store).case(case).state == "acknowledged"


@pytest.mark.parametrize(
    "search", ["anna", "cord compression", "smith", "900 123", "+447700900123"]
)
def test_the_search_finds_by_conversation_sign_name_and_number(
    joy, store, case, escalation, search
):
    store.record(escalation(conversation="bob", message_id="b1", mentions=[{"category": "jaw"}]))
    with store.transaction("ask") as connection:
        connection.exec_driver_sql("UPDATE escalation_case SET contact_asked_at = opened_at")
    CaseBook(store).keep_contact("anna", "Anna Smith", "07700 900-123", "web")
    for wanted in (search, case.lower()[:6]):
        page = joy.get("/cases", params={"q": wanted}).text
        assert "1 case" in page and f'data-case="{case}"' in page
