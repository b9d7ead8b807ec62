"""The chat page in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import default_store
from assistant.escalation.take_over import TakeOvers

SHOTS = Path(os.environ.get("SHOTS", "/tmp/shots"))
NUMB = "what is denosumab? my legs are numb"


def say(page: Page, text: str, press: str = "Enter") -> None:
    replies = page.locator(".entry:not(.mine), .emergency").count()
    page.fill("#message", text)
    page.press("#message", press)
    expect(page.locator(".entry:not(.mine)").nth(replies)).to_be_visible()


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def newest_case() -> str:
    return max(CaseBook(default_store()).open_cases(), key=lambda case: case.id).reference


def test_the_page_opens_with_what_it_is_and_the_emergency_number(open_page):
    page = open_page()
    opening = page.locator(".entry").first
    for words in ("computer program", "not a person", "Nobody watches", "not been reviewed", "999"):
        expect(opening).to_contain_text(words)
    expect(page.locator(".standing a")).to_have_attribute("href", "tel:999")
    assert page.problems == []


def test_enter_sends_and_the_answer_shows_source_and_review_state(open_page):
    page = open_page()
    say(page, "what is denosumab?")
    reply = page.locator("[data-kind=answer]")
    expect(reply.locator("li")).to_have_count(2)
    expect(reply.locator("strong").first).to_have_text("Denosumab")
    expect(reply.locator(".provenance")).to_contain_text("Source: Bone metastases")
    expect(reply.locator(".provenance")).to_contain_text("Not yet clinically reviewed")
    expect(page.locator("#message")).to_be_focused()
    expect(page.locator("#message")).to_have_value("")
    assert page.problems == []


def test_shift_enter_begins_a_new_line(open_page):
    page = open_page()
    page.fill("#message", "one")
    page.press("#message", "Shift+Enter")
    page.type("#message", "two")
    expect(page.locator("#message")).to_have_value("one\ntwo")


def test_a_reviewed_answer_says_when(open_page):
    page = open_page()
    say(page, "a reviewed one")
    expect(page.locator(".provenance")).to_contain_text("Clinically reviewed on 21 November 2026")


def test_an_overdue_answer_says_so(open_page):
    page = open_page()
    say(page, "an overdue one")
    expect(page.locator(".provenance")).to_contain_text(
        "on 21 November 2024. It is due to be checked"
    )


def test_an_emergency_is_a_card_with_the_number_and_the_answer_follows(open_page):
    page = open_page()
    say(page, NUMB)
    card = page.get_by_role("alert")
    expect(card.get_by_role("heading")).to_have_text("This may be an emergency")
    expect(card.locator("a.call")).to_have_attribute("href", "tel:999")
    expect(card).to_be_in_viewport()
    expect(page.locator("[data-kind=answer]")).to_have_count(1)
    shoot(page, "emergency-light")
    assert page.problems == []


def test_self_harm_has_its_own_words_and_the_crisis_line(open_page):
    page = open_page()
    say(page, "I want to end it")
    card = page.get_by_role("alert")
    expect(card.get_by_role("heading")).to_have_text("Please get help now")
    expect(card.locator("a.call").nth(1)).to_have_attribute("href", "tel:116123")
    shoot(page, "self-harm")


def test_same_day_is_calmer_and_review_is_one_quiet_line(open_page):
    page = open_page()
    say(page, "I have a fever")
    expect(page.locator(".urgent").get_by_role("heading")).to_have_text("This needs a call today")
    say(page, "no numbness, what is denosumab?")
    expect(page.locator(".quiet")).to_contain_text("If your legs ever feel numb")
    expect(page.get_by_role("alert")).to_have_count(0)
    shoot(page, "same-day-and-review")


def test_a_button_sends_its_plain_question(open_page, assistant):
    page = open_page()
    say(page, "the injection")
    page.get_by_role("button", name="What is denosumab?").click()
    expect(page.locator(".mine").last).to_contain_text("What is denosumab?")
    expect(page.locator("[data-kind=answer]")).to_have_count(1)
    assert assistant.seen[-1].text == "What is denosumab?"
    shoot(page, "buttons")


def test_text_is_shown_as_text(open_page):
    page = open_page()
    say(page, "<script>alert(1)</script> broken page")
    reply = page.locator("[data-kind=chitchat]")
    expect(reply).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".log img, .log script, .log b, .log i").count() == 0
    assert page.problems == []


def send(page: Page, text: str) -> None:
    page.fill("#message", text)
    page.press("#message", "Enter")


def test_without_a_socket_a_message_goes_over_http_with_one_id_until_the_server_has_it(open_page):
    page = open_page(socket=False)
    sent: list[str] = []

    def fail_twice(route: Route) -> None:
        sent.append(route.request.post_data_json["message_id"])
        if len(sent) == 1:
            route.abort()
        elif len(sent) == 2:
            route.fulfill(status=502, body="bad gateway")
        else:
            route.continue_()

    page.route("**/message", fail_twice)
    send(page, "what is denosumab?")
    delivery = page.locator(".mine .delivery")
    expect(delivery).to_have_text("Not sent yet, trying again. If it is urgent, call 999.")
    expect(delivery.locator("a")).to_have_attribute("href", "tel:999")
    expect(page.locator("[aria-live=assertive]")).to_contain_text("Not sent yet")
    expect(page.locator("[data-kind=answer]")).to_have_count(1, timeout=15_000)
    expect(delivery).to_have_text("Delivered")
    assert len(sent) == 3 and len(set(sent)) == 1


def test_a_lost_reply_is_fetched_and_the_turn_is_not_repeated(open_page, assistant):
    page = open_page(socket=False)
    before = len(assistant.seen)
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        response = route.fetch()
        if lost:
            route.fulfill(response=response)
        else:
            lost.append(1)
            route.abort()

    page.route("**/message", lose_first)
    send(page, "what is denosumab? (lost)")
    expect(page.locator("[data-kind=answer]")).to_have_count(1, timeout=15_000)
    assert len(assistant.seen) - before == 1


def test_without_a_socket_a_nurses_line_is_asked_for(open_page):
    page = open_page(socket=False)
    say(page, NUMB)
    take_overs, case = TakeOvers(default_store()), newest_case()
    take_overs.begin(case, "joy", "Joy")
    take_overs.write(case, "joy", "Can you stand?", "form-http")
    expect(page.locator(".entry.staff")).to_contain_text("Can you stand?", timeout=9000)


def test_an_ended_session_is_begun_anew_and_said(open_page):
    page = open_page()
    say(page, "what is denosumab?")
    page.evaluate(
        "Object.keys(sessionStorage).filter(key => key.endsWith(' token'))"
        ".forEach(key => sessionStorage.setItem(key, '\"forged\"'))"
    )
    page.reload()
    expect(page.locator(".log")).to_contain_text("A new one has begun")
    expect(page.locator("[data-kind=answer]")).to_have_count(0)
    say(page, "what is denosumab?")
    expect(page.locator("[data-kind=answer]")).to_have_count(1)


def test_a_refused_message_is_explained(open_page):
    page = open_page(socket=False)
    error = {"error": "The request is too large.", "do": "Send less."}
    page.route("**/message", lambda route: route.fulfill(status=413, json=error))
    say(page, "a long story")
    expect(page.locator(".entry").last).to_contain_text("Send less.")
    expect(page.locator(".entry").last).to_contain_text("call 999 now")


def test_a_message_that_is_far_too_long_stays_in_the_box_with_clear_words(open_page):
    page = open_page()
    page.evaluate(
        "document.querySelector('bone-chat').shadowRoot.querySelector('#message').value ="
        " 'my legs are numb '.repeat(60000)"  # a megabyte
    )
    page.press("#message", "Enter")
    expect(page.locator(".problem")).to_contain_text("This message has 1020000 characters")
    expect(page.locator("[aria-live=assertive]")).to_contain_text("Please shorten it")
    expect(page.get_by_role("alert").locator("a.call")).to_have_attribute("href", "tel:999")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 820])
def test_it_fits_every_width_in_light_and_dark(open_page, scheme: str, width: int):
    page = open_page(width=width, height=640 if width == 320 else 900, color_scheme=scheme)
    say(page, "what is denosumab?")
    shoot(page, f"answer-{scheme}-{width}")
    say(page, NUMB)
    expect(page.get_by_role("alert").locator("a.call")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    assert fits(page)
    shoot(page, f"emergency-{scheme}-{width}")


def test_text_of_double_size_still_fits_a_phone_and_is_kept(open_page):
    page = open_page(width=320, height=640)
    page.get_by_role("button", name="Options").click()
    for _ in range(5):
        page.get_by_role("button", name="Larger text").click()
    page.get_by_role("button", name="Options").click()
    page.reload()
    size = "getComputedStyle(document.querySelector('bone-chat').shadowRoot.querySelector('.root'))"
    page.wait_for_selector(".entry")
    assert page.evaluate(f"{size}.fontSize") == "32px"
    say(page, NUMB)
    assert fits(page)
    expect(page.get_by_role("alert").locator("a.call")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    shoot(page, "large-text-320")


def test_a_page_magnified_four_times_can_be_scrolled_to_all_of_it(open_page):
    page = open_page(width=320, height=256)
    say(page, NUMB)
    assert fits(page)
    expect(page.get_by_role("alert").locator("a.call")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    shoot(page, "magnified")
