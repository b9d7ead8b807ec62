"""One-time links: a GET shows, a POST acknowledges, once; no patient's words on the page."""

from __future__ import annotations

import pytest
import requests
from serving import serving

from assistant.channels.staff import StaffInput
from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.links import link_for
from assistant.escalation.delivery.process import Worker
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import default_store


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


def state_of(case: str) -> str:
    return CaseBook(default_store()).case(case).state


def test_looking_changes_nothing_and_shows_no_words(staff, case):
    for _ in range(2):  # mail programs follow links by themselves
        page = requests.get(link_for(staff, 1), timeout=10)
        assert page.status_code == 200 and "<button" in page.text
    assert case in page.text and "cord-compression" in page.text and "EMERGENCY" in page.text
    assert "purple" not in page.text and "anna" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert state_of(case) == "notified"


def test_a_post_acknowledges_once_for_the_contact_it_was_sent_to(staff, case):
    first = requests.post(link_for(staff, 1), timeout=10)
    assert "<h1>Acknowledged</h1>" in first.text and "the terminal" in first.text
    assert CaseBook(default_store()).case(case).acknowledged_by == "terminal"
    again = requests.post(link_for(staff, 1), timeout=10)
    assert "Nothing changed" in again.text
    looked = requests.get(link_for(staff, 1), timeout=10)
    assert "Acknowledged already" in looked.text and "<button" not in looked.text


def test_a_used_link_does_not_take_what_came_up_again(staff, case):
    requests.post(link_for(staff, 1), timeout=10)
    with default_store().transaction("raise") as connection:
        connection.exec_driver_sql("UPDATE escalation_case SET state = 'recorded' WHERE id = 1")
    assert "Nothing changed" in requests.post(link_for(staff, 1), timeout=10).text
    assert state_of(case) == "recorded"


@pytest.mark.parametrize(
    ("token", "status", "said"), [("nonsense", 404, "not valid"), (None, 410, "expired")]
)
def test_a_link_that_cannot_be_used_says_what_to_do(staff, case, monkeypatch, token, status, said):
    address = link_for(staff, 1)
    if token is None:
        from itsdangerous import TimestampSigner

        made = TimestampSigner.get_timestamp
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: made(self) + 90_000)
    else:
        address = address.rpartition("/")[0] + f"/{token}"
    for method in (requests.get, requests.post):
        page = method(address, timeout=10)
        assert page.status_code == status and said in page.text and "make cases" in page.text
    assert state_of(case) == "notified"


def test_a_store_that_fails_is_said_and_nothing_is_claimed(staff, case, monkeypatch):
    from assistant.escalation.store import EscalationStoreError

    def fail(*_):
        raise EscalationStoreError("database is gone")

    monkeypatch.setattr(CaseBook, "use_link", fail)
    page = requests.post(link_for(staff, 1), timeout=10)
    assert page.status_code == 503 and "Nothing has been acknowledged" in page.text
