"""Beside a turn: a number is kept with the case alone, and the patient hears who saw a message."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from types import SimpleNamespace

import pytest

from assistant.channels import standing as module
from assistant.channels.standing import Standing
from assistant.dialogue import screening
from assistant.escalation.call_back import DETAILS_PLACE, NUMBER_PLACE
from assistant.escalation.cases import CaseBook
from assistant.escalation.escalation import Escalation
from assistant.escalation.health import Health
from assistant.escalation.notices import NoticeBoard, leave_notice
from assistant.escalation.store import default_store
from assistant.escalation.take_over import TakeOvers
from assistant.red_flags import Screening


@pytest.fixture
def standing(state, health: Health, monkeypatch: pytest.MonkeyPatch) -> Standing:
    monkeypatch.setattr(screening, "_screen", None)
    screening._screened.cache_clear()
    return Standing(default_store(), health, "rest")


@pytest.fixture
def case(standing: Standing) -> str:
    mention = {"category": "cord-compression", "status": "present", "words": "numb"}
    escalation = Escalation("anna", "m1", "rest", "page", "emergency", [mention])
    return default_store().record(escalation).case or ""


def take(standing: Standing, text: str, conversation: str = "anna"):
    taken = asyncio.run(standing.take_call_back(conversation, text))
    return taken.text, taken.metadata


def test_name_and_number_go_to_the_case_and_not_to_the_turn(standing, case):
    assert take(standing, "Joan Smith 07700 900123") == (DETAILS_PLACE, {"call_back": "kept-alone"})
    kept = CaseBook(default_store()).case(case)
    assert (kept.contact_name, kept.contact_number) == ("Joan Smith", "07700 900123")


def test_what_is_said_beside_the_number_is_read_by_the_turn(standing, case):
    text, metadata = take(standing, "07700 900123, and now I can't pass urine")
    assert text == f"{NUMBER_PLACE}, and now I can't pass urine"
    assert metadata == {"call_back": "kept"}


def test_no_sign_is_lost_with_a_number(standing, case, monkeypatch):
    def screen(text):
        flagged = "900123" in text  # the digits themselves are the sign
        screening = Screening((), complete=True)
        return SimpleNamespace(flagged=flagged, screening=screening)

    monkeypatch.setattr(module, "screen_message", screen)
    assert take(standing, "07700 900123") == ("07700 900123", {"call_back": "kept"})


def test_a_number_that_nobody_asked_for_stays_in_the_message(standing, case):
    assert take(standing, "my number is 07700 900123", "ben") == ("my number is 07700 900123", {})


def test_a_corrected_number_takes_the_place_of_the_first(standing, case):
    take(standing, "07700 900123")
    take(standing, "sorry, 07700 900321")
    assert CaseBook(default_store()).case(case).contact_number == "07700 900321"


def test_a_later_message_with_a_number_in_it_does_not(standing, case):
    take(standing, "07700 900123")
    text = "my hospital number is 4857773456 and I wanted to ask what denosumab is and how it works"
    assert take(standing, text) == (text, {})


def test_a_reply_says_once_who_saw_the_message(standing, case):
    CaseBook(default_store()).acknowledge(case, "Joy", "terminal")
    (text,), last = asyncio.run(standing.untold("anna"))
    assert text.startswith("About your earlier message: Someone from ") and "{" not in text
    assert asyncio.run(standing.untold("anna")) == ([text], last)  # the reply may have been lost
    asyncio.run(standing.note_told("anna", last))
    assert asyncio.run(standing.untold("anna")) == ([], 0)


def test_who_waited_and_was_then_seen_reads_the_second_alone(standing, case):
    with default_store().transaction("leave notices") as connection:
        for kind in ("waiting", "seen"):
            leave_notice(connection, 1, "anna", kind, datetime(2026, 11, 20, 12))
    (text,), _ = asyncio.run(standing.untold("anna"))
    assert "saw your message at 12:00 on 20 November" in text


@pytest.mark.parametrize("priority", ["page", "same-day", "person"])
def test_whoever_waits_too_long_is_told_whom_to_call(priority, standing):
    text = module.notice_text(module.Notice(1, "waiting", datetime(2026, 11, 27, 12), priority))
    assert "call" in text and "{" not in text


def test_a_store_that_fails_or_hangs_costs_no_turn(standing, case, health, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("database is gone")

    monkeypatch.setattr(NoticeBoard, "untold", fail)
    assert asyncio.run(standing.untold("anna")) == ([], 0)
    assert health.ready["parts"]["cases"]["reason"] == "database is gone"
    monkeypatch.setattr(module, "SECONDS", 0.1)
    monkeypatch.setattr(CaseBook, "wants_contact", lambda *_, **__: time.sleep(1))
    assert take(standing, "07700 900123") == ("07700 900123", {})
    assert not health.ready["parts"]["cases"]["ok"]


def test_while_a_person_answers_the_turn_is_told_who(standing, case):
    assert asyncio.run(standing.answered_by("anna")) == {}
    TakeOvers(default_store()).begin(case, "joy", "Joy")
    assert asyncio.run(standing.answered_by("anna")) == {"answered_by_staff": "Joy"}
    assert asyncio.run(standing.answered_by("ben")) == {}


def test_the_patient_reads_who_came_what_she_wrote_and_that_she_left(standing, case):
    take_overs = TakeOvers(default_store())
    take_overs.begin(case, "joy", "Joy")
    take_overs.write(case, "joy", "Call {me} on **this** line", "form-1")
    told = asyncio.run(standing.told("anna", 0))
    assert told["staff"] == "Joy"
    assert [one["kind"] for one in told["notices"]] == ["seen", "taken-over", "staff"]
    assert told["notices"][1]["text"].startswith("Joy from your ")
    assert "{" not in told["notices"][1]["text"]
    assert told["notices"][2]["text"] == "Call {me} on **this** line"  # her words, as they are
    last = told["notices"][-1]["id"]
    take_overs.hand_back(case, "joy")
    told = asyncio.run(standing.told("anna", last))
    assert told["staff"] is None and "computer program" in told["notices"][0]["text"]


def test_a_reply_brings_what_a_person_wrote_since_the_last(standing, case):
    take_overs = TakeOvers(default_store())
    take_overs.begin(case, "joy", "Joy")
    take_overs.write(case, "joy", "Can you stand?", "form-1")
    assert asyncio.run(standing.untold("anna"))[0][-1].startswith("Joy (your ")


def test_whom_a_person_forgot_is_told_not_to_wait(standing):
    text = module.notice_text(
        module.Notice(1, "left-waiting", datetime(2026, 11, 27), "page", "Joy")
    )
    assert text.startswith("Joy has not answered") and "call" in text and "{" not in text
