"""The retriever as Rasa runs it: verdicts, ResponseSelector's output, and that it never raises."""

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from assistant.faq.component import READING, FaqRetriever


@pytest.fixture(scope="module")
def retriever(agent):
    nodes = agent.processor.graph_runner._instantiated_nodes
    return next(
        node._component for node in nodes.values() if isinstance(node._component, FaqRetriever)
    )


def read(retriever, text, tracker=None):
    (message,) = retriever.process([Message.build(text)], tracker)
    return message


def test_covered_question_is_answered(retriever):
    message = read(retriever, "is cancer in the bones terminal?")
    assert message.get("intent")["name"] == "faq"
    selected = message.get("response_selector")["faq"]["response"]
    assert selected["utter_action"] == "utter_faq/terminal"


def test_two_questions_are_answered_in_order(retriever):
    reading = read(retriever, "what does an MRI show and what is denosumab?").get(READING)
    assert [answer["id"] for answer in reading["answers"]] == ["mri-scan", "denosumab"]


def test_uncovered_question_gets_no_answer(retriever):
    message = read(retriever, "how do I change the oil in a Ford Fiesta")
    assert message.get("intent")["name"] == "out_of_scope"
    assert not message.get(READING)["answers"]


def test_personal_advice_is_recognised(retriever):
    message = read(retriever, "should I stop taking my denosumab, my last dose made me sick")
    assert message.get("intent")["name"] == "personal_advice"


def test_elliptical_question_is_read_with_the_last_one(retriever):
    first = read(retriever, "What is denosumab and what does it do?")
    tracker = DialogueStateTracker.from_events(
        "c", [UserUttered(first.get("text"), parse_data=first.as_dict(only_output_properties=True))]
    )
    reading = read(retriever, "and how often is it given?", tracker).get(READING)
    assert [answer["id"] for answer in reading["answers"]] == ["denosumab"]


@pytest.mark.parametrize("text", ["", "   ", "😀", "\u200b", "?" * 5000])
def test_odd_text_is_read_without_an_answer(retriever, text):
    assert not read(retriever, text).get(READING)["answers"]


def test_fault_inside_leaves_the_message_without_an_answer(retriever, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("the patient's words")

    monkeypatch.setattr(retriever._reader, "read", fail)
    message = read(retriever, "what is denosumab")
    assert message.get("intent")["name"] == "out_of_scope"
    assert "FaqRetriever failed: RuntimeError" in caplog.text
    assert "the patient's words" not in caplog.text


def test_every_related_id_and_answer_is_in_the_domain(agent):
    domain: Domain = agent.domain
    keys = [key for key in domain.responses if key.startswith("utter_faq/")]
    related = {
        f"utter_faq/{one['id']}"
        for key in keys
        for one in domain.responses[key][0]["metadata"]["related"]
    }
    assert related <= set(keys) <= set(domain.action_names_or_texts)
