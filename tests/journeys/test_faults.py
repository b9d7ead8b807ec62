"""One part broken at a time: a message with a red flag still gets the advice, and a record."""

import asyncio
import sqlite3
import uuid

import pytest

from actions.escalate import ActionEscalate
from assistant.channels.incoming import Incoming
from assistant.channels.patient import PatientDoor
from assistant.dialogue import in_process_actions, renderer, screening
from assistant.dialogue.policy import TurnPolicy
from assistant.escalation.health import HEALTH
from assistant.escalation.store import EscalationStore, default_store
from assistant.faq.component import FaqRetriever
from assistant.faq.index import VariantIndex
from assistant.faq.reader import QuestionReader
from assistant.red_flags.findings import RuleFinder
from assistant.red_flags.learned import LearnedLayer
from assistant.red_flags.screen import RedFlagScreen

NUMB = "what is denosumab? my legs have gone numb since last night"


def fail(*_, **__):
    raise RuntimeError("injected")


@pytest.fixture
def answer(agent):
    door = PatientDoor("rest", agent.handle_message)

    def ask(text=NUMB):
        conversation = uuid.uuid4().hex
        incoming = Incoming(text, uuid.uuid4().hex, None)
        return conversation, asyncio.run(door.answer(conversation, incoming))

    yield ask
    screening._screened.cache_clear()


def advice(messages):
    turn = next(message["custom"] for message in messages if "custom" in message)
    text = "\n".join(message.get("text", "") for message in messages)
    assert turn["kind"] == "escalation" and turn["priority"] == "page"
    assert "emergency number" in text and "Nobody reads this chat all the time" in text


def records(conversation):
    return [one for one in default_store().records() if one["conversation"] == conversation]


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (FaqRetriever, "process"),
        (FaqRetriever, "_read"),
        (QuestionReader, "read"),
        (VariantIndex, "similarities"),
        (RedFlagScreen, "screen"),
        (RedFlagScreen, "_decide"),
        (RuleFinder, "find"),
        (LearnedLayer, "score"),
        (TurnPolicy, "predict_action_probabilities"),
        (renderer.Renderer, "_render"),
        (renderer.Renderer, "generate"),
        (ActionEscalate, "run"),
        (in_process_actions, "_executor"),
        (renderer, "current_advice"),
        (renderer, "fill"),
        (renderer, "compose"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_red_flag_gets_advice_and_record_with_a_part_broken(answer, monkeypatch, owner, method):
    screening._screened.cache_clear()
    monkeypatch.setattr(owner, method, fail)
    conversation, messages = answer()
    advice(messages)
    assert len(records(conversation)) == 1


def test_red_flag_gets_advice_when_the_store_fails_and_readiness_goes_red(answer, monkeypatch):
    monkeypatch.setattr(EscalationStore, "record", fail)
    advice(answer()[1])
    assert HEALTH.ready["ready"] is False
    assert HEALTH.ready["parts"]["escalation-store"]["ok"] is False
    monkeypatch.undo()
    answer()
    assert HEALTH.ready["parts"]["escalation-store"]["ok"] is True


def test_red_flag_gets_advice_when_the_store_is_locked_and_is_recorded_later(answer):
    store = default_store()
    store.check()
    file = store.url.removeprefix("sqlite:///")
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("begin exclusive")
    try:
        conversation, messages = answer()
        advice(messages)
    finally:
        lock.execute("rollback")
        lock.close()
    answer()  # the next success records what waits in the journal
    assert len(records(conversation)) == 1


def test_ordinary_question_is_answered_when_the_escalation_store_is_gone(answer, monkeypatch):
    monkeypatch.setattr(EscalationStore, "record", fail)
    _, messages = answer("what is denosumab?")
    assert messages[0]["custom"]["kind"] == "answer"
