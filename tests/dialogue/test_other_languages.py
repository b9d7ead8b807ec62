"""Other languages: the line leads where it should, and never stands in the way of the English."""

import asyncio

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.dialogue import other_languages
from assistant.dialogue.last_resort import last_resort_reply
from assistant.dialogue.other_languages import language_field, language_of, with_line
from assistant.dialogue.renderer import Renderer
from assistant.dialogue.screening import screen_message
from assistant.dialogue.turn import TURN_SLOT, evidence
from assistant.language.languages import languages
from assistant.red_flags.advice import CONSTANT_ADVICE

SPANISH = "¿alguien me puede ayudar con los papeles del coche?"
SPANISH_NUMB = "desde ayer no siento las piernas"


@pytest.fixture(autouse=True)
def _forget():
    language_of.cache_clear()
    yield
    language_of.cache_clear()


@pytest.mark.parametrize("kind", ["escalation", "fallback"])
def test_line_leads_and_the_english_follows(kind):
    reply = with_line("Call now.", kind, SPANISH)
    assert reply == f"{languages()['es'].line}\n\nCall now."


@pytest.mark.parametrize("kind", ["chitchat", "answer", "clarify"])
def test_other_kinds_of_reply_carry_no_line(kind):
    assert with_line("Hello.", kind, SPANISH) == "Hello."


@pytest.mark.parametrize(
    "text", ["", "my legs are numb", "cant fele my legs sinse yestaday", "hola"]
)
def test_english_gets_english_only(text):
    assert with_line("Call now.", "escalation", text) == "Call now." and language_field(text) == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mam gorączkę", "pl"),  # too short to detect, but a red flag
        ("fiebre", "es"),
        ("nie mogę oddychać, please what number for ambulance", "pl"),
        ("mere pair sunn hain", "ur"),
        ("lattan sunn ho gaiyan", "pa"),
    ],
)
def test_red_flag_words_give_the_language_away(text, code):
    assert language_of(text) == code


def test_fault_leaves_the_english(monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(other_languages, "detect", fail)
    assert with_line("Call now.", "escalation", SPANISH) == "Call now."


@pytest.mark.parametrize(("text", "kind"), [(SPANISH_NUMB, "escalation"), (SPANISH, "fallback")])
def test_last_resort_leads_with_the_line(text, kind, monkeypatch):
    first, second = last_resort_reply(text)
    assert first["custom"]["language"] == "es"
    if first["custom"]["kind"] == kind:
        assert second["text"].startswith("Si es una emergencia, llame ahora: your emergency number")
    assert CONSTANT_ADVICE in second["text"] and "{" not in second["text"]


@pytest.fixture(scope="module")
def domain():
    return Domain.load("domain.yml")


@pytest.fixture
def conversation(domain):
    """Makes a tracker without a trained model: the renderer needs the responses alone."""

    def make(text):
        heard = UserUttered(text, intent={"name": "out_of_scope"}, input_channel="rest")
        return DialogueStateTracker.from_events("c", [heard], slots=domain.slots)

    return make


@pytest.fixture
def render(domain):
    renderer = Renderer(domain=domain)
    return lambda action, tracker: asyncio.run(renderer.generate(action, tracker, "collector"))


def test_renderer_leads_a_fallback_with_the_line(conversation, render):
    message = render("utter_no_answer", conversation(SPANISH))
    assert message["custom"]["language"] == "es"
    assert message["text"].startswith("Si es una emergencia") and "999" in message["text"]
    assert "I am sorry, I have no answer to that." in message["text"]


def test_renderer_leads_an_escalation_with_the_line(conversation, render):
    tracker = conversation(SPANISH_NUMB)
    tracker.update(SlotSet(TURN_SLOT, evidence(tracker, screen_message(SPANISH_NUMB))))
    message = render("utter_red_flag", tracker)
    assert message["custom"]["kind"] == "escalation" and message["custom"]["language"] == "es"
    assert message["text"].startswith("Si es una emergencia") and "{" not in message["text"]


def test_renderer_leaves_a_greeting_alone(conversation, render):
    assert render("utter_greet", conversation("hola"))["text"].startswith("Hello.")


def test_english_object_has_no_language(conversation, render):
    assert "language" not in render("utter_no_answer", conversation("what is my horse"))["custom"]
