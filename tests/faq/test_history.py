"""What the tracker says of the conversation before a message."""

import pytest
from rasa.shared.core.events import BotUttered, Restarted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.faq.conversation import Before
from assistant.faq.history import READING, before_this

QUESTION = "What is an MRI?"


def said(text, answers=(), offered=(), intent="faq"):
    reading = {
        "asked": text,
        "answers": [{"id": id_} for id_ in answers],
        "offered": [{"id": id_} for id_ in offered],
        "ranking": [{"id": id_} for id_ in (*answers, *offered)],
    }
    return UserUttered(text, intent={"name": intent}, parse_data={READING: reading})


def before(*events):
    return before_this(DialogueStateTracker.from_events("c", list(events)))


def test_nothing_is_known_without_a_conversation():
    assert before_this(None) is None
    assert before() == Before()


def test_last_question_is_known_with_its_answer():
    assert before(said("xgeva", ["denosumab"])) == Before("xgeva", ("denosumab",), ("denosumab",))


def test_small_talk_between_does_not_hide_the_question():
    found = before(said("xgeva", ["denosumab"]), BotUttered("..."), said("thanks", intent="thank"))
    assert found.asked == "xgeva"


def test_what_lies_far_back_is_forgotten():
    assert before(said("xgeva", ["denosumab"]), *[said("ok", intent="affirm")] * 3).asked is None


def test_buttons_and_numbered_lines_are_choices():
    buttons = BotUttered("Which?", {"buttons": [{"title": QUESTION, "payload": QUESTION}]})
    lines = BotUttered(f"Which?\n\n1. {QUESTION}\n2. What is a CT?")
    asked = said("scan", offered=["mri-scan"])
    assert before(asked, buttons).choices == (QUESTION,)
    assert before(asked, lines).choices == (QUESTION, "What is a CT?")
    assert before(asked, lines).which_asked


def test_lines_inside_an_answer_are_no_choices():
    answer = BotUttered("Three steps:\n1. Rest\n2. Call\n\nAsk your team.")
    assert before(said("help", ["exercise"]), answer).choices == ()


def test_choices_of_an_earlier_turn_are_gone():
    buttons = BotUttered("Which?", {"buttons": [{"title": QUESTION, "payload": QUESTION}]})
    found = before(said("scan", offered=["mri-scan"]), buttons, said("hello", intent="greet"))
    assert found.choices == () and not found.which_asked


def test_what_was_asked_before_a_person_answered_is_forgotten():
    message = said("and for how long?", ["denosumab"])
    message.metadata = {"answered_by_staff": "Joy"}
    assert before(said("xgeva", ["denosumab"]), message) == Before()
    assert before(message, said("thanks", intent="thank")) == Before()


@pytest.mark.parametrize("intent", ["out_of_scope", "personal_advice", "low_mood"])
def test_a_message_without_an_answer_is_what_the_next_one_is_about(intent):
    found = before(said("xgeva", ["denosumab"]), said("can I fly", intent=intent))
    assert found == Before("can I fly")


@pytest.mark.parametrize("event", [SessionStarted(), Restarted()])
def test_a_new_session_knows_nothing_of_the_one_before(event):
    buttons = BotUttered("Which?", {"buttons": [{"title": QUESTION, "payload": QUESTION}]})
    assert before(said("scan", offered=["mri-scan"]), buttons, event) == Before()
