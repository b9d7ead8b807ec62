"""A person takes a conversation over and hands it back: the whole assistant, over REST."""

from __future__ import annotations

import uuid

import pytest
import requests

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.transcript import transcript


@pytest.fixture
def store(live_server) -> EscalationStore:
    return EscalationStore(live_server.escalations, patience=10)


@pytest.fixture
def say(live_server):
    sender = uuid.uuid4().hex

    def send(text: str, sender: str = sender) -> tuple[list[str], str]:
        body = {"sender": sender, "message": text, "metadata": {"message_id": uuid.uuid4().hex}}
        reply = requests.post(f"{live_server.url}/webhooks/rest/webhook", json=body, timeout=30)
        messages = reply.json()
        kinds = [message["custom"]["kind"] for message in messages if "custom" in message]
        return kinds, " ".join(message.get("text", "") for message in messages)

    send.sender = sender
    return send


def test_a_person_answers_red_flags_stay_live_and_the_assistant_comes_back(live_server, store, say):
    assert say("my legs have gone numb since last night")[0][0] == "escalation"
    (case,) = [one for one in CaseBook(store).open_cases() if one.conversation == say.sender]
    take_overs = TakeOvers(store)
    take_overs.begin(case.reference, "joy", "Joy")

    kinds, text = say("What is denosumab?")
    assert kinds == ["handoff"] and "passed this on to Joy" in text and "injection" not in text
    assert "Joy from" in text  # the notice that had not been told
    kinds, text = say("now I cannot pass urine either")
    assert kinds == ["escalation", "handoff"]
    assert CaseBook(store).case(case.reference).state != "closed"

    take_overs.write(case.reference, "joy", "An ambulance is on its way.", "form-1")
    assert "Joy (" in say("thank you")[1]
    take_overs.hand_back(case.reference, "joy")
    kinds, text = say("and for how long?")
    assert kinds == say("and for how long?", uuid.uuid4().hex)[0]  # nothing before it counts
    assert "Joy has left" in text
    assert say("What is denosumab?")[0] == ["answer"]

    lines = transcript(store, say.sender, live_server.conversations)
    said = [line.text for line in lines if line.who in ("patient", "staff")]
    assert said == [
        "my legs have gone numb since last night",
        "What is denosumab?",
        "now I cannot pass urine either",
        "An ambulance is on its way.",
        "thank you",
        "and for how long?",
        "What is denosumab?",
    ]
