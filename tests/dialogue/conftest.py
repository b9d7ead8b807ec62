import pytest
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.faq.history import READING


@pytest.fixture
def conversation(agent):
    """Makes a tracker at the moment when the policies are asked."""

    def make(text, answers=(), done=(), channel="rest", message_id=None, intent="faq"):
        reading = {
            "intent": intent,
            "asked": text,
            "answers": [{"id": id_, "score": 0.9, "part": part} for id_, part in answers],
            "offered": [],
        }
        metadata = {"message_id": message_id} if message_id else {}
        events = [
            ActionExecuted("action_listen"),
            UserUttered(
                text,
                intent={"name": intent, "confidence": 1.0},
                parse_data={"intent": {"name": intent}, "entities": [], READING: reading},
                input_channel=channel,
                metadata=metadata,
            ),
            *(ActionExecuted(name) for name in done),
        ]
        return DialogueStateTracker.from_events("c", events, slots=agent.domain.slots)

    return make
