"""What happens to a conversation when the world around it breaks: nothing lost, nothing doubled."""

from __future__ import annotations

import re
import threading

from playwright.sync_api import Page, expect
from rasa.core.channels.channel import UserMessage
from scripted import script
from test_page import NUMB, newest_case, say, send, shoot

from assistant.escalation.cases import CaseBook
from assistant.escalation.replies import default_replies
from assistant.escalation.store import default_store
from assistant.escalation.take_over import TakeOvers

PAGE = "/webhooks/web/"


def texts(page: Page) -> list[str]:
    """The patient's words, as the page shows them in order."""
    said = page.locator(".mine .bubble").all_inner_texts()
    return [text.removeprefix("You:").strip() for text in said]


def slow(assistant, released: threading.Event):
    """An assistant that answers only when it is told to."""

    async def wait_and_answer(message: UserMessage) -> None:
        import asyncio

        await asyncio.get_running_loop().run_in_executor(None, released.wait)
        await script(message)

    assistant.script = wait_and_answer
    return assistant


def test_a_red_flag_a_nurse_who_writes_and_her_leaving_reach_the_page_at_once(open_page):
    page = open_page(width=360, height=740)
    say(page, NUMB)
    card = page.get_by_role("alert")
    expect(card).to_contain_text("Nobody has confirmed yet")
    case, take_overs = newest_case(), TakeOvers(default_store())
    CaseBook(default_store()).acknowledge(case, "Joy", "terminal")
    expect(card).to_contain_text("Someone from your cancer team saw your message at")
    take_overs.begin(case, "joy", "Joy")
    expect(page.locator(".present")).to_have_text("Joy is here: a person answers you now.")
    take_overs.write(case, "joy", "I am a nurse.\n<b>Can you stand?</b>", "form-1")
    line = page.locator(".entry.staff")
    expect(line.locator(".bubble p").last).to_have_text("<b>Can you stand?</b>")  # text stays text
    polite = page.locator("[aria-live=polite]")
    expect(polite).to_contain_text("Joy I am a nurse. <b>Can you stand?</b>")
    shoot(page, "a-person-writes")
    page.get_by_role("button", name="I have read this").click()
    expect(card).to_have_count(0)
    expect(page.locator("#message")).to_be_focused()
    page.reload()
    expect(line).to_have_count(1)
    expect(card).to_have_count(0)  # dismissed stays dismissed
    take_overs.hand_back(case, "joy")
    expect(page.locator(".told").last).to_contain_text("Joy has left")
    expect(page.locator(".present")).to_be_hidden()
    assert page.problems == []


def test_a_reload_in_the_middle_of_an_answer_loses_and_doubles_nothing(open_page, assistant):
    page = open_page()
    say(page, "what is denosumab?")
    before, released = len(assistant.seen), threading.Event()
    slow(assistant, released)
    try:
        send(page, "a reviewed one")
        expect(page.locator(".typing")).to_be_visible()
        expect(page.locator(".mine .delivery").last).to_have_text("Delivered")
        page.reload()
        expect(page.locator(".mine")).to_have_count(2)
        released.set()
        expect(page.locator("[data-kind=answer]")).to_have_count(2)
    finally:
        assistant.script = script
    assert texts(page) == ["what is denosumab?", "a reviewed one"]
    assert len(assistant.seen) - before == 1
    expect(page.locator("[aria-live=polite]")).to_contain_text("shown again")


def test_a_server_that_dies_and_comes_back_loses_and_doubles_nothing(
    open_page, mortal_server, assistant
):
    page = open_page(address=mortal_server.url + PAGE)
    say(page, NUMB)
    case = newest_case()
    mortal_server.stop()
    send(page, "what is denosumab?")
    expect(page.locator(".banner")).to_contain_text("No connection")
    expect(page.locator("[aria-live=assertive]")).to_contain_text("No connection")
    TakeOvers(default_store()).begin(case, "joy", "Joy")  # meanwhile, in the console's process
    before = len(assistant.seen)
    mortal_server.start()
    expect(page.locator(".mine .delivery").last).to_have_text("Delivered", timeout=15_000)
    expect(page.locator("[data-kind=answer]")).to_have_count(2)
    told = page.locator(".told")
    expect(told).to_have_count(2)
    expect(told.first).to_contain_text("saw your message at")
    expect(told.last).to_contain_text("Joy from your cancer team is here now")
    expect(page.locator(".banner")).to_be_hidden()
    assert len(assistant.seen) - before == 1
    assert texts(page) == [NUMB, "what is denosumab?"]


def test_offline_the_page_says_so_and_a_red_flag_shows_the_number_at_once(open_page, assistant):
    page = open_page(width=360, height=740)
    page.context.set_offline(True)
    expect(page.locator(".banner")).to_contain_text("In an emergency call 999")
    before = len(assistant.seen)
    send(page, "can I swim?")
    expect(page.get_by_role("alert")).to_have_count(0)
    send(page, "my legs have gone numb")
    card = page.get_by_role("alert")
    expect(card).to_contain_text("has NOT been sent yet")
    expect(card.locator("a.call")).to_have_attribute("href", "tel:999")
    expect(page.locator(".mine .delivery").last).to_contain_text("Not sent yet")
    shoot(page, "offline")
    page.context.set_offline(False)
    expect(page.locator(".mine .delivery").last).to_have_text("Delivered", timeout=15_000)
    expect(page.locator(".entry:not(.mine):not(.opening)")).to_have_count(2)
    expect(card).not_to_contain_text("NOT")
    assert len(assistant.seen) - before == 2
    order = page.locator(".entry:not(.opening)").evaluate_all(
        "entries => entries.map(entry => entry.classList.contains('mine'))"
    )
    assert order == [True, False, True, False]  # each answer beside its question


def test_thirty_seconds_offline_change_nothing(open_page, mortal_server):
    page = open_page(address=mortal_server.url + PAGE)
    say(page, "what is denosumab?")
    page.clock.install()
    page.context.set_offline(True)
    page.clock.run_for(30_000)
    expect(page.locator(".banner")).to_contain_text("No connection")
    page.context.set_offline(False)
    page.clock.run_for(6000)
    page.clock.resume()
    expect(page.locator(".banner")).to_be_hidden(timeout=15_000)
    say(page, "what is denosumab?")
    expect(page.locator("[data-kind=answer]")).to_have_count(2)


def test_two_tabs_have_two_conversations_and_a_copied_tab_the_same(open_page, assistant):
    first = open_page()
    say(first, "what is denosumab?")
    second = first.context.new_page()
    second.goto(first.url)
    second.wait_for_selector(".banner", state="hidden")
    expect(second.locator(".mine")).to_have_count(0)
    say(second, "a reviewed one")
    expect(first.locator(".mine")).to_have_count(1)
    kept = first.evaluate("JSON.stringify(sessionStorage)")
    copy = first.context.new_page()  # as "duplicate tab" makes it
    copy.add_init_script(
        "if (!sessionStorage.length)"
        f" for (const [name, value] of Object.entries({kept})) sessionStorage.setItem(name, value)"
    )
    copy.goto(first.url)
    expect(copy.locator(".mine")).to_have_count(1)
    before = len(assistant.seen)
    say(first, "can I swim?")
    expect(copy.locator(".mine")).to_have_count(2)
    expect(copy.locator("[data-kind=answer]")).to_have_count(2)
    say(copy, "can I run?")
    expect(first.locator("[data-kind=answer]")).to_have_count(3)
    assert len(assistant.seen) - before == 2
    assert texts(first) == texts(copy) == ["what is denosumab?", "can I swim?", "can I run?"]


def test_a_conversation_of_200_messages_comes_back_whole_and_in_order(open_page):
    page = open_page()
    for batch in range(10):
        for number in range(20):
            page.evaluate(
                "text => { const root = document.querySelector('bone-chat').shadowRoot;"
                " root.querySelector('#message').value = text;"
                " root.querySelector('form').requestSubmit(); }",
                f"question {20 * batch + number}",
            )
        expect(page.locator("[data-kind=answer]")).to_have_count(20 * batch + 20, timeout=30_000)
    page.reload()
    expect(page.locator("[data-kind=answer]")).to_have_count(200, timeout=30_000)
    assert texts(page) == [f"question {number}" for number in range(200)]
    say(page, "what is denosumab?")
    expect(page.locator(".entry").last).to_be_in_viewport()
    stops = page.locator(".log [tabindex='0']").count()
    assert stops < 10  # Tab does not lead through 200 answers


def test_starting_over_asks_first_and_begins_a_conversation_of_its_own(open_page):
    page = open_page()
    say(page, NUMB)
    page.get_by_role("button", name="Options").click()
    page.get_by_role("button", name="Start over").click()
    asked = page.get_by_role("group", name="Start over")
    expect(asked).to_contain_text("passed on to staff")
    page.get_by_role("button", name="No, go on").click()
    expect(page.locator(".mine")).to_have_count(1)
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Yes, start over").click()
    expect(page.locator(".mine")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    say(page, "what is denosumab?")
    page.reload()
    expect(page.locator(".mine")).to_have_count(1)


def conversation_of(page: Page) -> str:
    from assistant.channels.sessions import Sessions
    from assistant.secret import site_secret

    token = page.evaluate(
        "JSON.parse(Object.entries(sessionStorage).find(([name]) => name.endsWith(' token'))[1])"
    )
    return Sessions(site_secret(), 3600).conversation(token) or ""


def test_consent_is_recorded_with_version_and_time_by_the_first_message(open_page):
    page = open_page()
    expect(page.locator(".opening")).to_contain_text("When you send your first message, you agree")
    assert default_replies().consents(conversation_of(page)) == []
    say(page, "what is denosumab?")
    ((version, at),) = default_replies().consents(conversation_of(page))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", version) and at.year >= 2024


def test_an_answer_is_rated_and_a_remark_is_stored_and_not_answered(open_page, assistant):
    page = open_page(width=320, height=640)
    say(page, "can I swim?")
    question = page.get_by_role("group", name="Was this helpful?")
    assert question.get_by_role("button", name="No").bounding_box()["height"] >= 44
    before = len(assistant.seen)
    question.get_by_role("button", name="No").focus()
    page.keyboard.press("Enter")
    expect(question.get_by_text("Thank you")).to_be_focused()
    page.get_by_label("What was missing?").fill("what is denosumab?")
    page.get_by_role("button", name="Send remark").click()
    expect(question.get_by_role("textbox")).to_have_count(0)
    conversation = conversation_of(page)
    stored = False, "what is denosumab?"
    for _ in range(100):  # ten seconds at most
        if [one[1:] for one in default_replies().ratings(conversation)] == [stored]:
            break
        page.wait_for_timeout(100)
    assert [one[1:] for one in default_replies().ratings(conversation)] == [stored]
    expect(page.locator(".entry")).to_have_count(3)
    assert len(assistant.seen) == before


def test_a_red_flag_in_a_remark_is_an_emergency_and_recorded(open_page):
    page = open_page()
    say(page, "can I swim?")
    page.get_by_role("button", name="No").click()
    page.get_by_label("What was missing?").fill("no. and my legs have gone numb since last night")
    page.get_by_role("button", name="Send remark").click()
    expect(page.get_by_role("alert").locator("a.call")).to_be_visible()
    (record,) = [
        one for one in default_store().records() if one["conversation"] == conversation_of(page)
    ]
    assert record["priority"] == "page"


def test_an_open_page_whose_session_ends_begins_a_new_one_and_sends_what_was_typed(
    open_page, mortal_server, state
):
    page = open_page(address=mortal_server.url + PAGE)
    say(page, "what is denosumab?")
    mortal_server.stop()
    send(page, "a reviewed one")
    (state / "state" / "secret").unlink()  # another secret ends all sessions
    mortal_server.start()
    expect(page.locator(".log")).to_contain_text("A new one has begun", timeout=20_000)
    expect(page.locator(".mine .delivery").last).to_have_text("Delivered", timeout=20_000)
    expect(page.locator("[data-kind=answer]").last).to_contain_text("Denosumab")
