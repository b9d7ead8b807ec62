import pytest

from assistant.escalation.recorder import recorder_of
from assistant.escalation.store import default_store
from assistant.evaluation.turns import Bot

ADVICE = {"kind": "escalation", "faq": [], "red_flags": []}


class Shows:
    """Shows every message the advice; it stands for Rasa's agent.

    Args:
        record: Is given each message, as the escalation action is.
    """

    def __init__(self, record):
        self._record = record
        self.tracker_store = self

    async def retrieve(self, sender):
        return None

    async def handle_message(self, message):
        self._record(message)
        channel, sender = message.output_channel, message.sender_id
        await channel.send_response(sender, {"custom": ADVICE, "text": "Call us now."})


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_STATE", str(tmp_path))


def test_all_turns_of_each_conversation_come_back(state):
    held = Bot(Shows(lambda message: None)).converse([["hello", "my legs are numb"], ["thanks"]])
    assert [[turn.text for turn in turns] for turns in held] == [
        ["hello", "my legs are numb"],
        ["thanks"],
    ]


def test_escalated_is_what_was_shown_and_stands_in_the_store(state, escalation):
    def record(message):
        mine = escalation(conversation=message.sender_id, message_id=message.message_id)
        if message.text == "recorded":
            default_store().record(mine)
        elif message.text == "too late for its turn":
            recorder_of(default_store()).journal.append(mine)

    texts = ["recorded", "the action raised", "too late for its turn"]
    held = Bot(Shows(record)).converse([[text] for text in texts])
    assert [turn.escalated for (turn,) in held] == [True, False, True]
    assert [turn.alarmed for (turn,) in held] == [True] * 3
    assert [turn.outcome for (turn,) in held[:2]] == ["escalation", "escalation, unrecorded"]


def test_the_wish_for_a_person_records_no_red_flag(state, escalation):
    def record(message):
        wish = {"priority": "person", "urgency": None, "mentions": [], "kind": "person-wanted"}
        own = {"conversation": message.sender_id, "message_id": message.message_id}
        default_store().record(escalation(**wish, **own))

    ((turn,),) = Bot(Shows(record)).converse([["can I talk to a nurse"]])
    assert not turn.escalated
