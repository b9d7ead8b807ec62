"""The message sets: labels that exist, and no message of one set in another."""

import itertools

import pytest
import yaml

from assistant.faq.corpus import load_corpus
from assistant.faq.validation import read_jsonl
from assistant.paths import EVALUATION_DATA, NLU_DATA, RED_FLAG_DATA, VALIDATION_DATA
from assistant.red_flags.mention import PRIORITIES, STATUSES, categories


def texts_of(folder):
    rows = itertools.chain.from_iterable(read_jsonl(file) for file in folder.glob("*.jsonl"))
    return {
        " ".join(text.casefold().split())
        for row in rows
        for text in row.get("turns") or [row["text"]]
    }


def training_texts():
    texts = texts_of(RED_FLAG_DATA)
    for entry in load_corpus().entries.values():
        texts |= {" ".join(wording.casefold().split()) for wording in entry.wordings}
    for file in NLU_DATA.glob("*.yml"):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            lines = (line.strip().removeprefix("- ") for line in block["examples"].splitlines())
            texts |= {" ".join(line.casefold().split()) for line in lines}
    return texts


# What anybody would write in these very words: small talk and topics of one or two words.
SHORT = 16  # characters


@pytest.mark.parametrize("held_out", [VALIDATION_DATA, EVALUATION_DATA], ids=lambda path: path.name)
def test_no_held_out_message_is_trained_on(held_out):
    assert {text for text in training_texts() & texts_of(held_out) if len(text) > SHORT} == set()


def test_no_evaluation_message_chose_a_threshold():
    shared = texts_of(VALIDATION_DATA) & texts_of(EVALUATION_DATA)
    assert {text for text in shared if len(text) > SHORT} == set()


@pytest.mark.parametrize(
    "file",
    [
        RED_FLAG_DATA / "mentions.jsonl",
        *(d / "red_flags.jsonl" for d in (VALIDATION_DATA, EVALUATION_DATA)),
    ],
    ids=lambda file: f"{file.parent.name}-{file.name}",
)
def test_mentions_have_labels_that_exist(file):
    for row in read_jsonl(file):
        assert categories()[row["category"]] == row["urgency"], row
        assert row["status"] in STATUSES and row["priority"] in PRIORITIES, row
        assert row["priority"] != "page" or row["urgency"] == "emergency", row


def test_present_mentions_have_the_priority_of_their_urgency():
    for row in read_jsonl(RED_FLAG_DATA / "mentions.jsonl"):
        if row["status"] == "present":
            assert row["priority"] == ("page" if row["urgency"] == "emergency" else "same-day"), row


@pytest.mark.parametrize("folder", [VALIDATION_DATA, EVALUATION_DATA], ids=lambda path: path.name)
def test_every_entry_is_asked_for_in_the_held_out_sets(folder):
    asked = {row["entry"] for row in read_jsonl(folder / "faq.jsonl")}
    assert load_corpus().entries.keys() <= asked
