"""What two messages that say the same are to each other, and which of them must not be."""

import numpy as np
import pytest

from assistant.datasets.messages import Message
from assistant.datasets.twins import (
    CONFLICT,
    LEANING,
    OTHER_TASK,
    REDUNDANCY,
    Twins,
    exact_twins,
    faults,
    near_twins,
)

LONG = "is there parking by the blue door"
NEAR = "is there any parking by the blue door"


def message(text=LONG, split="training", kind="service", label="admin", leans=False, number=1):
    return Message(text, split, f"data/{split}/{kind}.yml", number, kind, (label,), leans)


@pytest.mark.parametrize(
    ("other", "relation"),
    [
        (message(label="admin", number=2), REDUNDANCY),
        (message(label="ask_human"), CONFLICT),
        (message(kind="faq", label="faq/work"), CONFLICT),
        (message(kind="follow_up", label="faq/work", leans=True), LEANING),
        (message(kind="harmless", label="harmless"), OTHER_TASK),
    ],
)
def test_twins_within_a_split_have_a_relation(other, relation):
    [twins] = exact_twins([message(), other])
    assert twins.relation == relation and not twins.across_splits


def test_two_topics_of_one_intent_are_no_conflict():
    one, other = (message(label=f"out_of_scope/{topic}") for topic in ("law", "money"))
    assert Twins(one, other, "exact", 1.0).relation == REDUNDANCY


def test_entries_and_red_flag_categories_are_all_different():
    for kind, labels in (("faq", ("faq/a", "faq/b")), ("red_flags", ("red_flag/a", "red_flag/b"))):
        one, other = (message(kind=kind, label=label) for label in labels)
        assert Twins(one, other, "exact", 1.0).relation == CONFLICT


def test_near_twins_are_found_in_the_order_of_their_splits():
    found = list(near_twins([message(NEAR, "evaluation"), message("lost my hat"), message()]))
    assert [(t.first.split, t.second.split, t.look) for t in found] == [
        ("training", "evaluation", "letters")
    ]


def test_exact_twins_are_no_near_twins_but_each_has_the_near_ones():
    twice = [message(), message(number=2)]
    assert list(near_twins(twice)) == []
    found = list(near_twins([*twice, message(NEAR)]))
    assert sorted(twins.first.number for twins in found) == [1, 2]


def test_the_second_look_adds_what_the_letters_do_not_show():
    texts = [LONG, NEAR, "where do I leave the car"]
    found = near_twins([message(text) for text in texts], lambda texts: np.ones((len(texts), 1)))
    looks = {(twins.first.text, twins.second.text): twins.look for twins in found}
    assert looks == {
        (LONG, NEAR): "letters",
        (LONG, texts[2]): "meaning",
        (NEAR, texts[2]): "meaning",
    }


@pytest.mark.parametrize("held_out", ["validation", "evaluation"])
def test_an_exact_leak_is_a_fault_that_names_no_words(held_out):
    [said] = faults(exact_twins([message(number=7), message(LONG.upper(), held_out)]))
    assert said == (
        f"data/training/service.yml: message 7 stands in data/{held_out}/service.yml too; drop it"
    )


def test_a_training_text_under_two_labels_is_a_fault():
    [said] = faults(exact_twins([message("no"), message("No!", kind="faq", label="faq/work")]))
    assert said == (
        "data/training/service.yml: message 1 has another label in "
        "data/training/faq.yml: message 1; drop one"
    )


@pytest.mark.parametrize(
    "pair",
    [
        [message("thank you"), message("Thank you.", "evaluation")],
        [message(), message(NEAR, "evaluation")],
        [message(), message(NEAR, label="ask_human")],
        [message(), message(number=2)],
        [message(), message(leans=True, label="faq/work")],
        [message(split="evaluation"), message(split="evaluation", label="ask_human")],
    ],
    ids=["short", "near leak", "near conflict", "repeat", "leaning", "conflict held out"],
)
def test_all_else_is_reported_and_no_fault(pair):
    assert faults([*exact_twins(pair), *near_twins(pair)]) == []
