"""What the encoder is taught: messages with their topic, their red flag and its status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from assistant.faq.context import join_turns
from assistant.faq.evidence import FAQ
from assistant.faq.training_examples import (
    LONGEST_OPENING,
    load_answers,
    load_questions,
    load_training_examples,
)
from assistant.faq.validation import read_jsonl
from assistant.paths import FOLLOW_UP_DATA, RED_FLAG_DATA
from assistant.red_flags.folding import fold

NO_RED_FLAG = "none"
NOT_COVERED = "out_of_scope"
SEED = 7
CHANGES_OF_SUBJECT = 1_800
ANSWER_WORDS = 60  # of an answer, beside its wordings

_MARKUP = re.compile(r"[*_#>]+|\{\w+\}")


@dataclass(frozen=True)
class Example:
    """One text to learn from.

    Attributes:
        topic: `faq/<id>`, a service intent or a topic that the corpus does not cover; None
            where nobody labelled it.
        red_flag: A category or "none"; None where nobody labelled it.
        status: Of the red flag: present, past, negated or asked; None without one.
    """

    text: str
    topic: str | None
    red_flag: str | None
    status: str | None = None


def load_examples() -> list[Example]:
    """All training messages of the project; none of validation or evaluation."""
    questions = load_questions()
    found = [
        *_messages(),
        *_answers(),
        *_follow_ups(FOLLOW_UP_DATA, questions),
        *_changes_of_subject(questions),
        *_red_flags(),
    ]
    return list(dict.fromkeys(found))


def _messages() -> list[Example]:
    return [Example(text, intent, NO_RED_FLAG) for text, intent in load_training_examples()]


def _answers() -> list[Example]:
    """The beginnings of the answers: a message lies near what answers it."""
    return [
        Example(" ".join(_MARKUP.sub(" ", answer).split()[:ANSWER_WORDS]), f"{FAQ}/{id_}", None)
        for id_, answer in load_answers().items()
    ]


def _follow_ups(file: Path, questions: Mapping[str, str]) -> list[Example]:
    """Second messages, read with the first as it was typed and as the corpus puts it."""
    found = []
    for row in read_jsonl(file):
        first, second = row["turns"]
        target = row["entries"][1]
        topic = f"{FAQ}/{target}" if target else NOT_COVERED
        befores = [first, questions[row["entries"][0]]]
        found += [Example(join_turns(before, second), topic, None) for before in befores]
        if not row["leans"]:
            found.append(Example(second, topic, NO_RED_FLAG))
    return found


def _changes_of_subject(questions: Mapping[str, str]) -> list[Example]:
    """Messages that say themselves what they ask, behind a question on something else."""
    random = Random(SEED)
    short = [pair for pair in load_training_examples() if len(pair[0].split()) <= LONGEST_OPENING]
    before = list(questions.values())
    return [
        Example(join_turns(random.choice(before), text), intent, None)
        for text, intent in random.sample(short, CHANGES_OF_SUBJECT)
    ]


def _red_flags() -> list[Example]:
    # The screen reads folded text, the answering side the words as they were typed.
    mentions = [
        Example(fold(row["text"]).text, None, row["category"], row["status"])
        for row in read_jsonl(RED_FLAG_DATA / "mentions.jsonl")
    ]
    harmless = [
        Example(fold(row["text"]).text, None, NO_RED_FLAG)
        for row in read_jsonl(RED_FLAG_DATA / "harmless.jsonl")
    ]
    return [*mentions, *harmless]
