"""The message sets: labels that exist, and no message of one set in another.

A failure names file and message number, never the words: others train on what they read.
"""

import pytest

from assistant.datasets.messages import SPLITS, read_messages
from assistant.datasets.twins import exact_twins, faults
from assistant.faq.corpus import load_corpus
from assistant.faq.validation import read_jsonl
from assistant.paths import (
    EVALUATION_DATA,
    FOLLOW_UP_DATA,
    RED_FLAG_DATA,
    ROOT,
    VALIDATION_DATA,
)
from assistant.red_flags.mention import PRIORITIES, STATUSES, categories

HELD_OUT = pytest.mark.parametrize("split", SPLITS[1:])


@pytest.fixture(scope="module")
def messages():
    return read_messages()


@pytest.fixture(scope="module")
def entries():
    return load_corpus().entries.keys()


def numbered(file):
    return [
        (f"{file.relative_to(ROOT)}: message {n}", r) for n, r in enumerate(read_jsonl(file), 1)
    ]


def test_no_held_out_message_stands_elsewhere_and_no_trained_one_has_two_labels(messages):
    assert faults(exact_twins(messages)) == []


def test_every_entry_that_is_asked_for_exists(messages, entries):
    assert [m.place for m in messages if not entries >= set(m.entries)] == []


@HELD_OUT
def test_other_right_entries_exist_and_are_others(split, entries):
    for place, row in numbered(ROOT / "data" / split / "faq.jsonl"):
        assert set(row["also_ok"]) <= entries - {row["entry"]}, place


@HELD_OUT
def test_every_entry_is_asked_for_in_the_held_out_sets(split, messages, entries):
    asked = {e for m in messages if (m.split, m.kind) == (split, "faq") for e in m.entries}
    assert asked == entries


def test_follow_ups_have_two_turns_and_labels():
    for place, row in numbered(FOLLOW_UP_DATA):
        assert row.keys() == {"turns", "entries", "leans"}, place
        assert len(row["turns"]) == len(row["entries"]) == 2, place
        assert row["entries"][0] is not None and isinstance(row["leans"], bool), place


def test_a_follow_up_that_leans_on_nothing_asks_for_another_entry():
    for place, row in numbered(FOLLOW_UP_DATA):
        assert row["leans"] or row["entries"][1] not in (None, row["entries"][0]), place


def test_every_follow_up_stands_once():
    rows = [tuple(row["turns"]) for row in read_jsonl(FOLLOW_UP_DATA)]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("name", ["uncovered", "personal_advice", "service", "several"])
@HELD_OUT
def test_every_kind_is_measured(split, name, messages):
    assert any((m.split, m.kind) == (split, name) for m in messages)


@pytest.mark.parametrize(
    "file",
    [
        RED_FLAG_DATA / "mentions.jsonl",
        *(folder / "red_flags.jsonl" for folder in (VALIDATION_DATA, EVALUATION_DATA)),
    ],
    ids=lambda file: f"{file.parent.name}-{file.name}",
)
def test_mentions_have_labels_that_exist(file):
    for place, row in numbered(file):
        assert categories()[row["category"]] == row["urgency"], place
        assert row["status"] in STATUSES and row["priority"] in PRIORITIES, place
        assert row["priority"] != "page" or row["urgency"] == "emergency", place


def test_present_mentions_have_the_priority_of_their_urgency():
    for place, row in numbered(RED_FLAG_DATA / "mentions.jsonl"):
        if row["status"] == "present":
            assert row["priority"] == ("page" if row["urgency"] == "emergency" else "same-day"), (
                place
            )
