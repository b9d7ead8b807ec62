"""One-time links: a GET shows, a POST acknowledges, once; no patient's words on the page."""

from __future__ import annotations

import re

import pytest
import requests
from serving import serving
from sqlalchemy import select

from assistant.channels.staff import StaffInput
from assistant.escalation.cases import CaseBook, acknowledge
from assistant.escalation.delivery.links import link_for
from assistant.escalation.delivery.process import Worker
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import default_store
from assistant.escalation.tables import case_table, delivery_table
from assistant.escalation.times import now


@pytest.fixture
def staff(assistant):
    with serving([StaffInput()], assistant) as running:
        yield running.url


@pytest.fixture
def case(state) -> str:
    mention = {"category": "cord-compression", "status": "present", "words": "purple elephants"}
    escalation = Escalation("anna", "m1", "rest", "page", "emergency", [mention])
    reference = default_store().record(escalation).case
    Worker(default_store()).step()
    return reference or ""


@pytest.fixture
def link(staff, case) -> str:
    with default_store().reading("find the delivery") as connection:
        (key,) = connection.execute(select(delivery_table.c.key)).scalars()
    return link_for(staff, key)


def press(link: str, page: str) -> requests.Response:
    """Presses the button of a page that was looked at."""
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    return requests.post(link, data={"seen": seen[1] if seen else ""}, timeout=60)


def look(link: str) -> str:
    return requests.get(link, timeout=60).text


def state_of(case: str) -> str:
    return CaseBook(default_store()).case(case).state


def test_looking_changes_nothing_and_shows_no_words(link, case):
    for _ in range(2):  # mail programs follow links by themselves
        page = requests.get(link, timeout=60)
        assert page.status_code == 200 and "<button" in page.text
    assert case in page.text and "cord compression" in page.text and "EMERGENCY" in page.text
    assert "purple" not in page.text and "anna" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert state_of(case) == "notified"


def test_a_post_acknowledges_once_for_the_contact_it_was_sent_to(link, case):
    page = look(link)
    first = press(link, page)
    assert "<h1>Acknowledged</h1>" in first.text and "the terminal" in first.text
    assert CaseBook(default_store()).case(case).acknowledged_by == "terminal"
    assert "Nothing changed" in press(link, page).text
    looked = look(link)
    assert "Acknowledged already" in looked and "<button" not in looked


def test_what_has_changed_since_it_was_looked_at_must_be_seen_first(link, case):
    page = look(link)
    mention = {"category": "cord-compression", "status": "present", "words": "worse"}
    with default_store().transaction("acknowledge and write again") as connection:
        (row,) = connection.execute(select(case_table)).all()
        acknowledge(connection, row, "Ann", "terminal", now())
    default_store().record(Escalation("anna", "m2", "rest", "page", "emergency", [mention]))
    answer = press(link, page)
    assert "This has changed: look again" in answer.text
    assert state_of(case) == "recorded"
    assert "<h1>Acknowledged</h1>" in press(link, answer.text).text
    assert state_of(case) == "acknowledged"


def test_a_post_without_a_look_acknowledges_nothing(link, case):
    assert "look again" in requests.post(link, timeout=60).text
    assert state_of(case) == "notified"


def test_a_used_link_does_not_take_what_came_up_again(link, case):
    press(link, look(link))
    mention = {"category": "cord-compression", "status": "present", "words": "worse"}
    default_store().record(Escalation("anna", "m2", "rest", "page", "emergency", [mention]))
    page = look(link)
    assert "used before" in page and "<button" not in page
    assert "Nothing changed" in press(link, page).text
    assert state_of(case) == "recorded"


@pytest.mark.parametrize(
    ("token", "status", "said"), [("nonsense", 404, "not valid"), (None, 410, "expired")]
)
def test_a_link_that_cannot_be_used_says_what_to_do(link, case, monkeypatch, token, status, said):
    address = link
    if token is None:
        monkeypatch.setenv("CONSOLE_URL", "https://console.example/")
        from itsdangerous import TimestampSigner

        made = TimestampSigner.get_timestamp
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: made(self) + 90_000)
    else:
        address = address.rpartition("/")[0] + f"/{token}"
    for method in (requests.get, requests.post):
        page = method(address, timeout=60)
        assert page.status_code == status and said in page.text and "make cases" in page.text
        assert ("https://console.example/cases" in page.text) == (token is None)
    assert state_of(case) == "notified"


def test_a_store_that_fails_is_said_and_nothing_is_claimed(link, case, monkeypatch):
    from assistant.escalation.store import EscalationStoreError

    def fail(*_):
        raise EscalationStoreError("database is gone")

    monkeypatch.setattr(CaseBook, "use_link", fail)
    page = requests.post(link, timeout=60)
    assert page.status_code == 503 and "Nothing has been acknowledged" in page.text
