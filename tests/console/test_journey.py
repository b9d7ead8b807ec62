"""One whole journey: the real assistant, a patient's page and a nurse's, in two browsers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from served import PASSWORD, serving_console
from test_console_page import shoot

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore
from assistant.web.console.accounts import Accounts

NUMB = "my legs have gone numb since this morning"
ASKED = "what is denosumab?"


@pytest.fixture
def live_console(live_server, monkeypatch: pytest.MonkeyPatch):
    """A console on the live assistant's own stores."""
    state: Path = live_server.state
    monkeypatch.setenv("ASSISTANT_STATE", str(state))
    monkeypatch.setenv("TRACKER_DB", str(state / "tracker.sqlite"))
    store = EscalationStore(f"sqlite:///{state / 'escalations.sqlite'}", patience=10)
    Accounts(store).add("joy", "Joy", "nurse", PASSWORD, "test")
    with serving_console(store) as running:
        running.store = store
        yield running


def say(page: Page, text: str) -> None:
    page.fill("#message", text)
    page.press("#message", "Enter")


def write(page: Page, text: str) -> None:
    page.get_by_label("Write to the patient").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#conversation")).to_contain_text(text)


def test_a_nurse_sees_it_takes_it_answers_it_and_closes_it(live_server, live_console, open_page):
    nurse = open_page(f"{live_console.url}/cases")
    nurse.get_by_label("Name").fill("joy")
    nurse.get_by_label("Password").fill(PASSWORD)
    nurse.get_by_role("button", name="Log in").click()
    expect(nurse.locator("h1")).to_have_text("Cases")

    patient = open_page(f"{live_server.url}/webhooks/web/", width=420)
    patient.wait_for_selector(".entry")
    patient.set_default_timeout(20_000)
    say(patient, NUMB)
    expect(patient.get_by_role("alert")).to_be_visible()

    row = nurse.locator("tr.unseen.page")  # it arrives by itself
    expect(row).to_contain_text("cord compression")
    row.get_by_role("link").click()
    expect(nurse.get_by_role("region", name="Why it fired")).to_contain_text("numb")
    expect(nurse.locator("#conversation")).to_contain_text(NUMB)
    nurse.get_by_role("button", name="Acknowledge").click()
    seen = patient.get_by_role("log").get_by_text("saw your message")
    expect(seen).to_be_visible(timeout=20_000)

    nurse.get_by_role("button", name="Take over").click()
    expect(patient.locator(".present")).to_have_text(
        "Joy is here: a person answers you now.", timeout=20_000
    )
    for number in range(1, 4):
        write(nurse, f"line {number} of the nurse")
        expect(patient.locator(".entry.staff").last).to_contain_text(f"line {number} of the nurse")
        say(patient, f"reply {number} of the patient, {ASKED}")
        said = nurse.locator(".line.patient", has_text=f"reply {number}")
        expect(said).to_be_visible(timeout=20_000)
    # Asked three times, it answered none.
    assert nurse.locator(".line.assistant", has_text="(answer)").count() == 0
    assert patient.locator("[data-kind=answer]").count() == 0
    shoot(nurse, "journey-nurse")
    shoot(patient, "journey-patient")

    nurse.get_by_role("button", name="Hand back").click()
    expect(nurse.get_by_role("status")).to_contain_text("Handed back")
    expect(patient.locator(".present")).to_be_hidden(timeout=20_000)
    say(patient, ASKED)
    expect(patient.locator("[data-kind=answer]").last).to_contain_text(
        "denosumab", ignore_case=True
    )

    nurse.get_by_text("Close the case").click()
    nurse.get_by_label("Sent to hospital").check()
    nurse.get_by_role("button", name="Close", exact=True).click()
    expect(nurse.get_by_role("status")).to_contain_text("Closed")
    reference = nurse.url.split("/cases/")[1].split("?")[0]
    closed = CaseBook(live_console.store).case(reference)
    assert (closed.state, closed.outcome) == ("closed", "sent-to-hospital")
    what = [event.what for event in CaseBook(live_console.store).events(closed.id)]
    for step in ("recorded", "acknowledged", "taken over", "handed back", "closed"):
        assert step in what
    assert nurse.problems == [] and patient.problems == []
