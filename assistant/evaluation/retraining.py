"""Readers trained anew for a measurement, on all of the training data or on a part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from assistant.encoder import get_encoder
from assistant.encoder.encoder import Encoder
from assistant.faq.evidence import FAQ, PARTS
from assistant.faq.reader import QuestionReader
from assistant.faq.training_examples import (
    load_answers,
    load_follow_ups,
    load_neighbours,
    load_questions,
    load_training_examples,
)
from assistant.faq.validation import (
    Conversation,
    Labelled,
    load_conversations,
    load_labelled,
    load_several,
)
from assistant.paths import FOLLOW_UP_DATA, VALIDATION_DATA

MOST_TEXTS = 100_000  # kept in memory, 1.5 kB each
_ENTRY = f"{FAQ}/"


@dataclass(frozen=True)
class TrainingSet:
    """What `rasa train` trains the reader on.

    Attributes:
        wordings: Of the entries, pairs of (text, entry id).
        others: Messages of other intents, pairs of (text, intent).
        answers: Entry id -> answer.
        questions: Entry id -> its own question.
        validation: Messages for calibration.
        several: Those that ask several questions.
        conversations: Those of two turns or more.
        follow_ups: File of conversations, to learn which messages lean on the one before.
        neighbours: Entry id -> the entries that it names as the next questions.
    """

    wordings: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    answers: dict[str, str]
    questions: dict[str, str]
    validation: tuple[Labelled, ...]
    several: tuple[Labelled, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    follow_ups: Path | None = None
    neighbours: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def with_wordings(self, wordings: Sequence[tuple[str, str]]) -> TrainingSet:
        """The same with other wordings."""
        return replace(self, wordings=tuple(wordings))

    def train(self, encoder: Encoder, parts: Collection[str] = PARTS) -> QuestionReader:
        """Trains a reader; `parts` says which kinds of evidence speak."""
        examples = [(text, f"{_ENTRY}{entry}") for text, entry in self.wordings]
        return QuestionReader.train(
            encoder,
            [*examples, *self.others],
            self.validation,
            answers=self.answers,
            questions=self.questions,
            neighbours=self.neighbours,
            several=self.several,
            conversations=self.conversations,
            follow_ups=load_follow_ups(self.follow_ups, self.wordings) if self.follow_ups else (),
            parts=frozenset(parts),
        )


def load_training_set() -> TrainingSet:
    """Reads the corpus, `data/nlu/`, the follow-ups and the validation split."""
    examples = load_training_examples()
    answers = load_answers()
    return TrainingSet(
        tuple(
            (text, intent.removeprefix(_ENTRY))
            for text, intent in examples
            if intent.startswith(_ENTRY)
        ),
        tuple(example for example in examples if not example[1].startswith(_ENTRY)),
        answers,
        load_questions(),
        tuple(load_labelled(VALIDATION_DATA, answers.keys())),
        tuple(load_several(VALIDATION_DATA)),
        tuple(load_conversations(VALIDATION_DATA)),
        FOLLOW_UP_DATA,
        load_neighbours(),
    )


class _Embedding:
    """An encoder as the backend of another one."""

    def __init__(self, encoder: Encoder) -> None:
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        self._encoder = encoder

    def embed(self, text: str) -> np.ndarray:
        vector: np.ndarray = self._encoder.encode([text])[0]
        return vector


def remembering_encoder(model: str) -> Encoder:
    """An encoder that keeps every vector: each training encodes the same texts again.

    Args:
        model: As `assistant.encoder.get_encoder` takes it.
    """
    return Encoder(_Embedding(get_encoder(model)), cached_texts=MOST_TEXTS)
