import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.escalate import ActionEscalate
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import default_store

TURN = {
    "message_id": "m-1",
    "channel": "rest",
    "priority": "page",
    "urgency": "emergency",
    "mentions": [{"category": "fracture", "words": "heard a crack"}],
    "model_version": "m",
    "corpus_version": "c",
}


def run(conversation, turn=None):
    tracker = Tracker(conversation, {"turn": turn or TURN}, {}, [], False, None, {}, None)
    return asyncio.run(ActionEscalate().run(CollectingDispatcher(), tracker, {}))


def records(conversation):
    return [one for one in default_store().records() if one["conversation"] == conversation]


def test_record_holds_what_staff_must_know():
    run("escalate-1")
    (record,) = records("escalate-1")
    assert record["priority"] == "page" and record["message_id"] == "m-1"
    assert record["mentions"] == TURN["mentions"] and record["corpus_version"] == "c"


def test_patient_is_asked_for_a_number_once():
    (event,) = run("escalate-5")
    assert event["value"] == {**TURN, "ask_contact": True}
    assert run("escalate-5", {**TURN, "message_id": "m-2"}) == []


def test_same_message_again_is_one_escalation():
    run("escalate-2")
    run("escalate-2")
    assert len(records("escalate-2")) == 1


def test_other_mentions_under_a_used_id_are_a_record_of_their_own(monkeypatch):
    run("escalate-3")
    other = {**TURN, "mentions": [{"category": "self-harm", "words": "end it"}]}
    monkeypatch.setitem(globals(), "TURN", other)
    run("escalate-3")
    run("escalate-3")
    categories = [record["mentions"][0]["category"] for record in records("escalate-3")]
    assert categories == ["fracture", "self-harm"]


def test_second_contact_raises_the_turn():
    pain = {"category": "jaw", "urgency": "same-day", "priority": "same-day", "words": "jaw"}
    turn = {**TURN, "priority": "same-day", "urgency": "same-day", "mentions": [pain]}
    before = datetime.now(tz=timezone.utc) - timedelta(hours=5)
    earlier = Escalation("escalate-4", "m-0", "rest", "same-day", "same-day", [pain])
    default_store().record(replace(earlier, recorded_at=before))
    (event,) = run("escalate-4", turn)
    assert (event["event"], event["name"]) == ("slot", "turn")
    raised = event["value"]
    assert (raised["priority"], raised["urgency"], raised["raised"]) == ("page", "emergency", True)
