"""axe-core finds no violation of WCAG 2.2 A or AA, on any page, in light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from served import write_tracker

from assistant.escalation.cases import CaseBook
from assistant.escalation.take_over import TakeOvers
from assistant.learning.queue import default_queue

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LEVELS = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}


@pytest.fixture
def paths(store, escalation, case, state):
    """Each page of the console, with something on it."""
    write_tracker(
        state, "anna", [("user", {"text": "my legs are numb"}), ("bot", {"text": "Call"})]
    )
    with store.transaction("ask") as connection:
        connection.exec_driver_sql("UPDATE escalation_case SET contact_asked_at = opened_at")
    book = CaseBook(store)
    book.keep_contact("anna", "Anna", "07700 900123", "web")
    TakeOvers(store).begin(case, "root", "Ruth")
    TakeOvers(store).write(case, "root", "I am here", "k")
    priorities = ("page", "same-day", "review", "person")
    others = [
        store.record(escalation(conversation=f"c{n}", message_id=f"{n}", priority=priority)).case
        for n, priority in enumerate(priorities)
    ]
    book.close(others[1], "ann", "console", outcome="advised", remark="called")
    with store.transaction("let time pass") as connection:
        late = "UPDATE escalation_case SET due_at = opened_at WHERE state = 'recorded'"
        connection.exec_driver_sql(late)
    default_queue().add("is it safe to fly", "unanswered", [{"id": "exercise"}], "web")
    default_queue().add("gasping for tea", "false-alarm", [{"id": "breathing/gasp"}], "web")
    return [
        "/log-in",
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(nurse_page, console, paths, scheme, monkeypatch):
    from assistant.web.console.waiting import WaitingGroups

    monkeypatch.setattr(WaitingGroups, "_make", lambda *_: None)  # seconds for two cores
    page, axe = nurse_page("root", color_scheme=scheme), Axe()
    found = []
    for path in paths:
        page.goto(console.url + path)
        for details in page.locator("details").all():
            details.evaluate("one => { one.open = true }")
        if not path.startswith("/log-in?") and path != "/log-in":
            page.locator("#alarm").wait_for(state="visible")
        report = axe.run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
        assert report["passes"]  # it has looked at something
        found += [
            (path, one["id"], node["html"][:160], node.get("failureSummary", "")[:300])
            for one in report["violations"]
            if LEVELS & set(one["tags"])
            for node in one["nodes"]
        ]
    assert found == []
