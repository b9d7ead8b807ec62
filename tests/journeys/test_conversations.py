"""Conversations with the trained model: choices without buttons, rejections, context."""

import asyncio
import uuid

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage


class Channel(CollectingOutputChannel):
    def __init__(self, name):
        super().__init__()
        self._name = name

    def name(self):
        return self._name


@pytest.fixture
def talk(agent):
    """Says messages one after the other; returns entries answered last, and what was read."""

    def say(*texts, channel="rest"):
        sender = uuid.uuid4().hex
        for text in texts:
            output = Channel(channel)
            message = UserMessage(text, output, sender, input_channel=channel)
            asyncio.run(agent.handle_message(message))
        tracker = asyncio.run(agent.tracker_store.retrieve(sender))
        reading = tracker.latest_message.parse_data["reading"]
        return [answer["id"] for answer in reading["answers"]], output.messages

    return say


def related(messages):
    return [button["title"] for message in messages for button in message.get("buttons") or ()]


def lines(messages):
    text = "\n".join(message.get("text") or "" for message in messages)
    return [line[3:] for line in text.splitlines() if line[:3] in ("1. ", "2. ", "3. ")]


def test_number_picks_a_line_where_there_are_no_buttons(talk):
    _, shown = talk("What is denosumab?", channel="twilio")
    second = lines(shown)[1]
    (wanted,), _ = talk(second)
    assert talk("What is denosumab?", "the second one please", channel="twilio")[0] == [wanted]
    assert talk("What is denosumab?", "2", channel="twilio")[0] == [wanted]


def test_button_is_answered_with_its_entry(talk):
    _, shown = talk("What is denosumab?")
    for question in related(shown):
        assert len(talk(question)[0]) == 1


@pytest.mark.parametrize(
    ("turns", "entry"),
    [
        (["What is denosumab?", "and how often is it given?"], "denosumab"),
        (["What is denosumab?", "thanks", "and how often is it given?"], "denosumab"),
        (["What is denosumab?", "can I go swimming?"], "exercise"),
        (["What is denosumab?", "What is denosumab?"], "denosumab"),
        (["What does an MRI show?", "no, I meant the bone scan"], "bone-scan"),
    ],
)
def test_last_turn_is_read_with_the_conversation(talk, turns, entry):
    assert talk(*turns)[0] == [entry]


def test_rejected_answer_is_not_given_again_but_others_are_offered(talk):
    answers, shown = talk("What does an MRI show?", "that's not what I asked")
    assert answers == []
    assert "What is an MRI" not in " ".join(related(shown))


def test_red_flag_behind_a_rejection_is_seen(talk):
    _, shown = talk("What does an MRI show?", "no, I meant that I can't feel my legs since today")
    assert any(one["custom"]["kind"] == "escalation" for one in shown if "custom" in one)
