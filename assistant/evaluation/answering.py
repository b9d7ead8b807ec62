"""What a way of finding entries makes of the sets for answering, without any dialogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.evaluation.shares import DIRECT, FIRST, UNCOVERED, WRONG, Share
from assistant.faq.validation import Labelled, read_jsonl


class Ranked(Protocol):
    """How well entries fit texts, as `QuestionReader.rank` and the peers say it."""

    @property
    def ids(self) -> Sequence[str]:
        """Entries, in the order of the columns."""

    @property
    def scores(self) -> np.ndarray:
        """Higher fits better, shape (texts, entries)."""

    @property
    def confidence(self) -> np.ndarray:
        """In the best entry of each text, shape (texts,)."""


class Ranker(Protocol):
    """Whatever ranks entries."""

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Returns how well each entry fits each text."""


@dataclass(frozen=True)
class AnsweringSets:
    """Messages of a split that say whether answering works.

    Attributes:
        questions: Each with the entries that answer it, at least one.
        uncovered: Messages that no entry answers.
    """

    questions: tuple[Labelled, ...]
    uncovered: tuple[str, ...]

    @property
    def asked(self) -> list[str]:
        """The texts of the questions."""
        return [question.text for question in self.questions]


def load_answering_sets(folder: Path, known: Collection[str]) -> AnsweringSets:
    """Reads a split's questions and uncovered messages.

    Args:
        folder: Holds faq.jsonl and uncovered.jsonl.
        known: Ids of the entries that exist; questions on others are left out.
    """
    questions = tuple(
        Labelled(row["text"], (row["entry"], *row.get("also_ok", ())))
        for row in read_jsonl(folder / "faq.jsonl")
        if row["entry"] in known
    )
    uncovered = tuple(row["text"] for row in read_jsonl(folder / "uncovered.jsonl"))
    return AnsweringSets(questions, uncovered)


@dataclass(frozen=True)
class Decision:
    """What was made of one message.

    Attributes:
        first: The entry ranked first, whatever was decided; empty where none was ranked.
        answered: The entries answered with.
    """

    first: str
    answered: tuple[str, ...]


def best_entries(ranked: Ranked) -> list[str]:
    """The entry that fits each text best."""
    return [ranked.ids[column] for column in np.asarray(ranked.scores).argmax(axis=1)]


def decide(ranked: Ranked, threshold: float) -> list[Decision]:
    """Answers with the best entry wherever the confidence reaches a threshold."""
    return [
        Decision(best, (best,) if confidence >= threshold else ())
        for best, confidence in zip(best_entries(ranked), ranked.confidence, strict=True)
    ]


def answering_rows(
    sets: AnsweringSets, questions: Sequence[Decision], uncovered: Sequence[Decision]
) -> dict[str, Share]:
    """The answering rows of the table.

    Args:
        sets: The messages.
        questions: What was made of the sets' questions.
        uncovered: What was made of its uncovered messages.
    """
    cases = [
        (set(question.entries), decision)
        for question, decision in zip(sets.questions, questions, strict=True)
    ]
    return {
        FIRST: Share.among(decision.first in right for right, decision in cases),
        DIRECT: Share.among(right & set(decision.answered) for right, decision in cases),
        WRONG: Share.among(
            decision.answered and not right & set(decision.answered) for right, decision in cases
        ),
        UNCOVERED: Share.among(decision.answered for decision in uncovered),
    }
