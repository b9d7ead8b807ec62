"""A conversation as staff read it, out of Rasa's own store and ours."""

from __future__ import annotations

import sqlite3

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.escalation.take_over import TakeOvers
from assistant.escalation.transcript import Line, TranscriptError, transcript


@pytest.fixture
def tracker_file(state, monkeypatch):
    monkeypatch.setenv("TRACKER_DB", str(state / "tracker.sqlite"))
    return state / "tracker.sqlite"


async def test_patient_assistant_and_staff_in_the_order_of_time(store, escalation, tracker_file):
    advice = {"custom": {"kind": "escalation"}}
    events = [
        UserUttered("my legs are numb", timestamp=100.0),
        BotUttered("Call 999.", data=advice, timestamp=101.0),
    ]
    rasa = SQLTrackerStore(Domain.empty(), dialect="sqlite", db=str(tracker_file))
    await rasa.save(DialogueStateTracker.from_events("anna", events))
    case = store.record(escalation()).case
    TakeOvers(store).begin(case, "joy", "Joy")
    TakeOvers(store).write(case, "joy", "I am here", "form-1")
    said = [(line.who, line.text, line.name, line.kind) for line in transcript(store, "anna")]
    assert said == [
        ("patient", "my legs are numb", None, None),
        ("assistant", "Call 999.", None, "escalation"),
        ("staff", "I am here", "Joy", None),
    ]
    assert transcript(store, "ben") == []


def test_before_the_first_conversation_there_is_nothing_to_read(store, tracker_file):
    sqlite3.connect(tracker_file).close()
    tracker_file.touch()
    assert transcript(store, "anna") == list[Line]()


def test_a_store_that_cannot_be_read_says_so_without_a_patients_words(store, tracker_file):
    tracker_file.write_bytes(b"my legs are numb" * 100)
    with pytest.raises(TranscriptError, match="check the tracker store") as caught:
        transcript(store, "anna")
    assert "numb" not in str(caught.value)
