"""What answering is trained on: wordings of the corpus and the examples of all other intents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from assistant.faq.corpus import load_corpus
from assistant.faq.validation import read_jsonl
from assistant.paths import CORPUS, FOLLOW_UP_DATA, NLU_DATA

LONGEST_OPENING = 14  # words; a longer message never looks like a follow-up


def load_training_examples(
    corpus: Path = CORPUS, intents: Path = NLU_DATA
) -> list[tuple[str, str]]:
    """Reads what `rasa train` reads: pairs of text and intent.

    An intent is `faq/<entry id>`, or one of `data/nlu/`, with its topic where it has one:
    `out_of_scope/flying-and-travel-abroad`.
    """
    examples = [
        (wording, f"faq/{entry.id}")
        for entry in load_corpus(corpus).entries.values()
        for wording in entry.wordings
    ]
    for file in sorted(intents.glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            topic = (block.get("metadata") or {}).get("topic")
            lines = [line.strip().removeprefix("- ") for line in block["examples"].splitlines()]
            examples += [(line, with_topic(block["intent"], topic)) for line in lines if line]
    return examples


def with_topic(intent: str, topic: str | None) -> str:
    """What is not covered is many things, which have only that in common.

    >>> with_topic("out_of_scope", "cooking"), with_topic("greet", None)
    ('out_of_scope/cooking', 'greet')
    """
    return f"{intent}/{topic}" if topic else intent


def load_answers(corpus: Path = CORPUS) -> dict[str, str]:
    """Reads the answers by entry id."""
    return {entry.id: entry.answer for entry in load_corpus(corpus).entries.values()}


def load_questions(corpus: Path = CORPUS) -> dict[str, str]:
    """Reads the entries' own questions by entry id."""
    return {entry.id: entry.question for entry in load_corpus(corpus).entries.values()}


def load_neighbours(corpus: Path = CORPUS) -> dict[str, tuple[str, ...]]:
    """Reads what each entry names as the next questions, by entry id."""
    return {entry.id: entry.related for entry in load_corpus(corpus).entries.values()}


def load_follow_ups(
    file: Path = FOLLOW_UP_DATA, wordings: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, bool]]:
    """Reads second messages of conversations, and whether each leans on the first.

    Args:
        file: One conversation a line.
        wordings: Pairs of text and entry id; the short ones are messages that stand alone.
    """
    seconds = [(row["turns"][1], bool(row["leans"])) for row in read_jsonl(file)]
    alone = [(text, False) for text, _ in wordings if len(text.split()) <= LONGEST_OPENING]
    return [*seconds, *alone]
