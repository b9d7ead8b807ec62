"""The wish for a person: a case in office hours, a number to call otherwise."""

import asyncio
from datetime import datetime, timezone

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.handoff import ActionHandoff
from assistant.escalation import handoff
from assistant.escalation.cases import CaseBook
from assistant.escalation.duty.settings import Settings
from assistant.escalation.handoff import HandoffRequest, PassedOn, pass_on
from assistant.escalation.store import EscalationStore, default_store

OPEN = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)  # a Friday
SHUT = datetime(2026, 11, 28, 10, tzinfo=timezone.utc)
STAFFED = Settings.parse_obj(
    {
        "contacts": {"desk": {"name": "Desk", "notify": ["json://desk"]}},
        "on_duty": {"office": ["desk"], "out_of_hours": []},
    }
)


@pytest.fixture
def site(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSISTANT_STATE", str(tmp_path))

    def configure(settings):
        monkeypatch.setattr(handoff, "load_settings", lambda: settings)

    return configure


def ask(conversation="anna", at=OPEN):
    return asyncio.run(pass_on(HandoffRequest(conversation, "m1", "rest"), lambda: at))


def cases():
    return [(case.kind, case.priority) for case in CaseBook(default_store()).open_cases()]


def test_in_hours_it_is_a_case_of_its_own(site):
    site(STAFFED)
    assert ask().reached and ask().reached
    assert cases() == [("person-wanted", "person")]


def test_out_of_hours_there_is_a_number_and_no_case(site):
    site(STAFFED)
    assert not ask(at=SHUT).reached
    assert cases() == []


def test_where_nobody_is_configured_nobody_is_promised(site):
    site(Settings())
    assert not ask().reached
    assert cases() == [("person-wanted", "person")]


def test_a_record_that_fails_promises_nothing(site, monkeypatch):
    def fail(*_):
        raise OSError("disk")

    site(STAFFED)
    monkeypatch.setattr(EscalationStore, "record", fail)
    assert not ask().reached


@pytest.mark.parametrize(
    ("passed", "responses"),
    [
        (PassedOn(True, ask_contact=True), ["utter_handoff_passed_on", "utter_ask_contact"]),
        (PassedOn(True), ["utter_handoff_passed_on"]),
        (PassedOn(False, ask_contact=True), ["utter_handoff"]),
    ],
)
def test_the_reply_says_what_happens(monkeypatch, passed, responses):
    asked = []

    async def pretend(request):
        asked.append(request)
        return passed

    monkeypatch.setattr("actions.handoff.pass_on", pretend)
    message = {"message_id": "r-1", "metadata": {"message_id": "m-1"}}
    events = [{"event": "user", "input_channel": "web"}]
    tracker = Tracker("anna", {}, message, events, False, None, {}, None)
    dispatcher = CollectingDispatcher()
    assert asyncio.run(ActionHandoff().run(dispatcher, tracker, {})) == []
    assert [one["response"] for one in dispatcher.messages] == responses
    assert asked == [HandoffRequest("anna", "m-1", "web")]
