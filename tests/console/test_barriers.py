"""Each page: axe-core finds no violation of WCAG 2.2 A or AA, and a phone has room for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import write_tracker
from test_console_page import shoot

from assistant.escalation.cases import CaseBook
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now
from assistant.learning.queue import default_queue

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK, PHONE = {"width": 1100, "height": 900}, {"width": 360, "height": 700}
LEVELS = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}


@pytest.fixture
def paths(store, escalation, case, state):
    """Each page of the console, with something on it."""
    write_tracker(state, "anna", [("user", {"text": "numb " * 60}), ("bot", {"text": "x" * 200})])
    with store.transaction("ask") as connection:
        connection.exec_driver_sql("UPDATE escalation_case SET contact_asked_at = opened_at")
    book = CaseBook(store)
    book.keep_contact("anna", "Anna", "07700 900123", "web")
    TakeOvers(store).begin(case, "root", "Ruth")
    TakeOvers(store).write(case, "root", "I am here", "k")
    TakeOvers(store).message_arrives("anna", now() + timedelta(seconds=1))
    priorities = ("page", "same-day", "review", "person")
    others = [
        store.record(escalation(conversation=f"c{n}", message_id=f"{n}", priority=priority)).case
        for n, priority in enumerate(priorities)
    ]
    TakeOvers(store).begin(others[0], "joy", "Joy")
    book.close(others[1], "ann", "console", outcome="advised", remark="called")
    with store.transaction("let time pass") as connection:
        late = "UPDATE escalation_case SET due_at = opened_at WHERE state = 'recorded'"
        connection.exec_driver_sql(late)
    default_queue().add("is it safe to fly", "unanswered", [{"id": "exercise"}], "web")
    default_queue().add("gasping for tea", "false-alarm", [{"id": "breathing/gasp"}], "web")
    return [
        "/log-in?ended=1",
        "/cases?state=all",
        "/cases?q=nothing",
        f"/cases/{case}",
        f"/cases/{others[0]}?done=acknowledged",
        f"/cases/{others[1]}",
        "/figures",
        "/answers",
        "/answers/denosumab",
        "/unanswered",
        "/accounts",
        "/log-ins",
        "/password",
        "/no-such-page",
    ]


def test_axe_finds_no_violation_on_any_page_and_a_phone_has_room(
    nurse_page, console, paths, monkeypatch
):
    from assistant.web.console.waiting import WaitingGroups

    monkeypatch.setattr(WaitingGroups, "_make", lambda *_: None)  # seconds for two cores
    page, axe, found = nurse_page("root"), Axe(), []
    for path in paths:
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="light")
        page.goto(console.url + path)
        for details in page.locator("details").all():
            details.evaluate("one => { one.open = true }")
        if not path.startswith("/log-in?"):
            page.locator("#alarm").wait_for(state="visible")
        reports = [axe.run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response]
        page.emulate_media(color_scheme="dark")  # which changes colours alone
        reports.append(page.evaluate("axe.run(document, {runOnly: ['color-contrast']})"))
        assert all(report["passes"] for report in reports)  # it has looked at something
        found += [
            (path, one["id"], node["html"][:160], node.get("failureSummary", "")[:300])
            for report in reports
            for one in report["violations"]
            if LEVELS & set(one["tags"])
            for node in one["nodes"]
        ]
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        shoot(page, f"phone{path.split('?')[0].replace('/', '-')[:14]}")
    assert found == []
