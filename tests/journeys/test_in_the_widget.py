"""A patient's night in the widget: the whole assistant behind it, killed and started again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from whole import whole_assistant

from assistant.cluster.programs import free_port
from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore
from assistant.escalation.take_over import TakeOvers

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def start(model):
    """Starts the assistant, always the same one: port and state stay."""
    port = free_port()
    # Not below pytest's own folder, which PostgreSQL's user may not enter.
    with tempfile.TemporaryDirectory(prefix="assistant-night-") as state:
        yield lambda: whole_assistant(model, Path(state), port)


@pytest.fixture(scope="module")
def page():
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is missing")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        page.set_default_timeout(30_000)
        yield page
        chromium.close()


def say(page: Page, text: str) -> None:
    replies = page.locator(".entry:not(.mine)").count()
    page.fill("#message", text)
    page.press("#message", "Enter")
    expect(page.locator(".entry:not(.mine)").nth(replies)).to_be_visible(timeout=20_000)


def test_a_night_with_questions_a_red_flag_a_nurse_and_a_server_that_dies(start, page: Page):
    expect.set_options(timeout=20_000)
    with start() as server:
        page.goto(f"{server.url}/webhooks/web/")
        expect(page.locator(".opening")).to_contain_text("not a person")
        assert page.locator(".opening a[href='tel:112']").count() == 1
        expect(page.locator(".banner")).to_be_hidden()

        say(page, "What is denosumab?")
        answer = page.locator("[data-kind=answer]")
        expect(answer.locator(".provenance")).to_contain_text("Not yet clinically reviewed")
        related = answer.get_by_role("group", name="Suggestions").get_by_role("button")
        related.last.click()
        expect(answer).to_have_count(2)
        page.get_by_role("button", name="Yes", exact=True).last.click()
        expect(page.get_by_text("Thank you for telling us.")).to_be_visible()

        say(page, "my legs have gone numb since last night")
        card = page.get_by_role("alert")
        expect(card).to_contain_text("spinal cord compression")
        say(page, "Joan Smith 07700 900123")
        expect(page.locator(".entry").last).not_to_contain_text("Something went wrong")

        store = EscalationStore(server.escalations, patience=10)
        case = next(one for one in CaseBook(store).open_cases() if one.priority == "page")
        assert case.contact_number == "07700 900123"
        take_overs = TakeOvers(store)
        take_overs.begin(case.reference, "joy", "Joy")
        expect(page.locator(".present")).to_contain_text("Joy is here")

        server.die()
        page.fill("#message", "are you still there?")
        page.press("#message", "Enter")
        expect(page.locator(".banner")).to_contain_text("No connection")
        take_overs.write(case.reference, "joy", "An ambulance is on its way.", "form-1")
    with start():
        expect(page.locator(".entry.staff")).to_contain_text(
            "An ambulance is on its way.", timeout=60_000
        )
        expect(page.locator(".mine .delivery").last).to_have_text("Delivered", timeout=60_000)
        said = page.locator(".mine .bubble").all_inner_texts()
        page.reload()
        expect(page.locator(".mine")).to_have_count(len(said))
        again = page.locator(".mine .bubble").all_inner_texts()
        assert [one for one in again if "Joan" not in one and "call-back" not in one] == [
            one for one in said if "Joan" not in one
        ]
        # Kept with the case alone.
        assert [one for one in again if "07700" in one] == []
        expect(page.locator(".entry.staff")).to_have_count(1)
