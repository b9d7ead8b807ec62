"""Every set becomes messages with the labels that training gives them."""

from collections import Counter

import pytest

from assistant.datasets.messages import Message, read_intents, read_messages
from assistant.faq.training_examples import load_training_examples
from assistant.faq.validation import read_jsonl
from assistant.paths import EVALUATION_DATA, FOLLOW_UP_DATA, RED_FLAG_DATA, VALIDATION_DATA


def test_all_sets_are_read_with_their_labels(checkout):
    read = {
        (m.text, m.split, m.kind, m.labels, m.leans)
        for m in read_messages(checkout.root)
        if not m.file.startswith("faq_corpus")
    }
    assert read == {
        ("parking", "training", "service", ("admin",), False),
        ("who wrote the moonlight sonata", "training", "uncovered", ("out_of_scope/music",), False),
        ("one, is it old?", "training", "follow_up", ("faq/one",), False),
        ("and new?", "training", "follow_up", ("out_of_scope",), True),
        ("one or two", "training", "follow_up", ("faq/one",), False),
        ("what of three", "training", "follow_up", ("faq/three",), False),
        ("my arm snapped", "training", "red_flags", ("red_flag/fracture",), False),
        ("the twig snapped", "training", "harmless", ("harmless",), False),
        ("how far ahead are the tables booked", "validation", "faq", ("faq/one",), False),
        ("wherever did I put those spectacles", "evaluation", "faq", ("faq/two",), False),
    }


def test_a_wording_is_found_at_its_place(checkout):
    [question] = [m for m in read_messages(checkout.root) if m.text == "What is two?"]
    assert question.place == "faq_corpus/treatment/two.md: message 1"
    assert (question.kind, question.entries) == ("faq", ("two",))


def test_several_questions_have_several_entries(checkout):
    checkout("data/validation/several.jsonl", {"text": "this, that?", "entries": ["one", "two"]})
    [several] = [m for m in read_messages(checkout.root) if m.kind == "several"]
    assert several.entries == ("one", "two")


def test_topics_are_no_decisions_but_entries_are():
    labels = ("out_of_scope/music", "faq/one", "red_flag/fracture", "thank")
    message = Message("?", "training", "a.yml", 1, "uncovered", labels)
    assert message.decisions == {"out_of_scope", "faq/one", "red_flag/fracture", "thank"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"txt": "hello"}, r"faq\.jsonl: message 2 needs a `text`, or `turns`"),
        ({"text": " "}, r"message 2 needs a `text`, or `turns`"),
        ({"turns": []}, r"message 2 needs a `text`, or `turns`"),
        ({"turns": ["a", "b"], "entries": ["one"]}, r"message 2 needs one of `entries` for each"),
    ],
)
def test_a_faulty_row_is_refused_with_file_and_number(checkout, row, said):
    checkout("data/evaluation/faq.jsonl", row)
    with pytest.raises(ValueError, match=said):
        read_messages(checkout.root)


def test_a_missing_set_is_no_empty_set(checkout):
    (checkout.root / "data" / "red_flags").rename(checkout.root / "elsewhere")
    with pytest.raises(ValueError, match=r"red_flags holds no \*\.jsonl; give the folder"):
        read_messages(checkout.root)


def test_an_example_that_begins_with_a_dash_keeps_it(tmp_path):
    file = tmp_path / "thank.yml"
    file.write_text("nlu:\n- intent: thank\n  examples: |\n    - - ta\n\n    - cheers\n")
    assert list(read_intents(file)) == [("- ta", "thank"), ("cheers", "thank")]


def test_the_report_sees_what_training_sees():
    messages = read_messages()
    trained = [m for m in messages if m.file.startswith(("faq_corpus", "data/nlu"))]
    assert Counter((m.text, m.labels[0]) for m in trained) == Counter(load_training_examples())


def test_no_row_of_a_set_is_overlooked():
    files = [FOLLOW_UP_DATA]
    for folder in (RED_FLAG_DATA, VALIDATION_DATA, EVALUATION_DATA):
        files += folder.glob("*.jsonl")
    numbers = Counter({(m.file, m.number) for m in read_messages() if m.file.endswith("jsonl")})
    assert numbers.total() == sum(len(read_jsonl(file)) for file in files)


def test_a_message_that_is_printed_keeps_its_words():
    assert "secret" not in repr(Message("secret", "evaluation", "a.jsonl", 1, "faq", ()))
