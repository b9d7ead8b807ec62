"""The page says who saw a message, and when nobody did."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from test_page import NUMB, say, shoot

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import default_store
from assistant.escalation.take_over import TakeOvers

LOOKS_AGAIN = 11_000  # milliseconds
LOOKS_AGAIN_FOR_LINES = 2_500


def newest_case() -> str:
    return max(CaseBook(default_store()).open_cases(), key=lambda case: case.id).reference


def test_the_patient_reads_who_saw_the_message_once(open_page):
    page: Page = open_page(width=360, height=740)
    page.clock.install()
    say(page, NUMB)
    CaseBook(default_store()).acknowledge(newest_case(), "Joy", "terminal")
    page.clock.fast_forward(LOOKS_AGAIN)
    told = page.get_by_role("status").filter(has_text="saw your message at")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("Someone from your cancer team")
    page.clock.fast_forward(LOOKS_AGAIN)
    expect(told).to_have_count(1)
    told.scroll_into_view_if_needed()
    shoot(page, "seen")


def test_nobody_asks_before_something_was_passed_on(open_page):
    page: Page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    say(page, "what is denosumab?")
    page.clock.fast_forward(LOOKS_AGAIN)
    assert not [url for url in asked if "notices" in url]


def test_the_patient_reads_who_is_there_what_she_writes_and_that_she_left(open_page):
    page: Page = open_page(width=360, height=740)
    page.clock.install()
    say(page, NUMB)
    take_overs, case = TakeOvers(default_store()), newest_case()
    take_overs.begin(case, "joy", "Joy")
    page.clock.fast_forward(LOOKS_AGAIN)
    expect(page.locator("#staff")).to_have_text("Joy is here: a person answers you now.")
    take_overs.write(case, "joy", "I am a nurse.\n<b>Can you stand?</b>", "form-1")
    page.clock.fast_forward(LOOKS_AGAIN_FOR_LINES)
    line = page.locator(".entry.staff")
    expect(line).to_contain_text("Joy")
    expect(line.locator("p").last).to_have_text("<b>Can you stand?</b>")  # text stays text
    shoot(page, "a-person-writes")
    page.reload()
    page.wait_for_selector(".entry")
    expect(page.locator("#staff")).to_have_text("Joy is here: a person answers you now.")
    take_overs.hand_back(case, "joy")
    page.clock.fast_forward(LOOKS_AGAIN)
    expect(page.get_by_role("status").filter(has_text="Joy has left")).to_have_count(1)
    expect(page.locator("#staff")).to_have_text("")
    assert page.problems == []
