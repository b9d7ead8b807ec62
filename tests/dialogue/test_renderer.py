"""What the patient is sent: the object, the site's numbers, buttons, by channel."""

import asyncio
import json

import pytest
from rasa.shared.core.events import SlotSet

from assistant.dialogue import renderer as renderer_module
from assistant.dialogue.renderer import Renderer
from assistant.dialogue.screening import screen_message
from assistant.dialogue.turn import TURN_SLOT, evidence
from assistant.red_flags.advice import CONSTANT_ADVICE

KEYS = {
    "kind",
    "faq",
    "red_flags",
    "urgency",
    "priority",
    "sources",
    "reviewed",
    "message_id",
}
NUMB = "my legs have gone numb since last night"


@pytest.fixture(scope="module")
def renderer(agent):
    return Renderer(domain=agent.domain)


@pytest.fixture
def render(renderer):
    def run(utter_action, tracker):
        return asyncio.run(renderer.generate(utter_action, tracker, "collector"))

    return run


def flagged(tracker):
    text = tracker.latest_message.text
    tracker.update(SlotSet(TURN_SLOT, evidence(tracker, screen_message(text))))
    return tracker


def test_answer_carries_entry_score_sources_and_review_state(conversation, render):
    tracker = conversation("denosumab?", answers=[("denosumab", "denosumab?")], message_id="m-7")
    message = render("utter_faq/denosumab", tracker)
    assert message["custom"].keys() == KEYS
    assert message["custom"]["kind"] == "answer"
    assert message["custom"]["faq"] == [{"id": "denosumab", "score": 0.9}]
    assert message["custom"]["sources"] and message["custom"]["reviewed"] is None
    assert message["custom"]["message_id"] == "m-7"
    assert len(message["buttons"]) == 3  # the emergency advice and two next questions


def test_button_sends_a_plain_question(conversation, render):
    tracker = conversation("denosumab?", answers=[("denosumab", "denosumab?")])
    for button in render("utter_faq/denosumab", tracker)["buttons"]:
        assert button["payload"] == button["title"] and not button["payload"].startswith("/")


def test_advice_fits_the_category_and_carries_the_flags(conversation, render):
    message = render("utter_red_flag", flagged(conversation(NUMB)))
    assert (
        "spinal cord" in message["text"]
        and "Nobody reads this chat all the time" in message["text"]
    )
    assert message["custom"]["kind"] == "escalation" and message["custom"]["priority"] == "page"
    (flag,) = message["custom"]["red_flags"]
    assert flag["category"] == "cord-compression" and flag["status"] == "present"


def test_self_harm_has_its_own_words_and_the_crisis_line(conversation, render):
    text = render("utter_red_flag", flagged(conversation("I want to end my life")))["text"]
    assert "your local crisis line" in text


@pytest.mark.parametrize("channel", ["socketio", "twilio", "telegram", "cmdline", None])
def test_object_goes_only_to_channels_that_understand_it(conversation, render, channel):
    tracker = conversation("x", answers=[("denosumab", "x")], channel=channel)
    message = render("utter_faq/denosumab", tracker)
    assert "custom" not in message and "Not reviewed by a clinician yet." in message["text"]


def test_shell_shows_one_line_for_the_object(conversation, render):
    tracker = conversation("x", answers=[("denosumab", "x")], channel="cmdline")
    message = render("utter_faq/denosumab", tracker)
    assert message["text"].startswith("[answer denosumab 0.9]\n") and message["buttons"]


def test_buttons_become_numbered_lines_elsewhere(conversation, render):
    tracker = conversation("x", answers=[("denosumab", "x")], channel="twilio")
    message = render("utter_faq/denosumab", tracker)
    assert "buttons" not in message and "\n1. " in message["text"] and "\n2. " in message["text"]


def test_no_response_shows_a_brace_to_a_patient(agent, conversation, render):
    for key in agent.domain.responses:
        if key in ("utter_clarify", "utter_red_flag"):
            continue
        assert "{" not in render(key, conversation("x", channel="web"))["text"], key


def test_broken_site_file_keeps_the_last_good_numbers(conversation, render, monkeypatch, tmp_path):
    broken = tmp_path / "site.yml"
    broken.write_text("hospital: [")
    monkeypatch.setenv("ASSISTANT_SITE", str(broken))
    text = render("utter_red_flag", flagged(conversation(NUMB)))["text"]
    assert "999" in text


@pytest.mark.parametrize("fault", ["fill", "current_advice", "compose", "turn_object"])
def test_fault_inside_still_gives_emergency_advice(conversation, render, monkeypatch, fault):
    tracker = flagged(conversation(NUMB))

    def fail(*_, **__):
        raise RuntimeError(NUMB)

    if fault == "turn_object":  # the fallback needs it too: only the first call fails
        real, calls = renderer_module.turn_object, []

        def fail_once(*given, **known):
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError
            return real(*given, **known)

        monkeypatch.setattr(renderer_module, fault, fail_once)
    else:
        monkeypatch.setattr(renderer_module, fault, fail)
    message = render("utter_red_flag", tracker)
    assert message["text"] == CONSTANT_ADVICE
    assert message["custom"]["kind"] == "escalation"
    assert message["custom"]["priority"] == "page"


def test_object_is_plain_json(conversation, render):
    json.dumps(render("utter_red_flag", flagged(conversation(NUMB))))


def test_unknown_response_is_none(conversation, render):
    assert render("utter_nothing", conversation("x")) is None


def test_patient_reads_who_gets_a_message_while_a_person_answers(conversation, render):
    tracker = conversation("are you there?")
    tracker.latest_message.metadata["answered_by_staff"] = "Joy"
    message = render("utter_passed_to_staff", tracker)
    assert (
        message["text"].startswith("I have passed this on to Joy.") and "{" not in message["text"]
    )
    assert message["custom"]["kind"] == "handoff"
