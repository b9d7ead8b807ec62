"""Each part of the reader taken away in turn, on the evaluation sets, without any dialogue.

The rows with fewer wordings are optimistic: the encoder was fine-tuned on all of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from assistant.encoder.encoder import DEFAULT_MODEL, PACKAGED_MODEL
from assistant.evaluation.answering import (
    AnsweringSets,
    Decision,
    answering_rows,
    load_answering_sets,
)
from assistant.evaluation.retraining import TrainingSet, remembering_encoder
from assistant.evaluation.shares import AMONG_THREE, FOLLOW_UPS, SEVERAL, Share, right_last_turn
from assistant.faq.conversation import ASIDES, Before
from assistant.faq.evidence import PARTS
from assistant.faq.reading import Reading
from assistant.faq.validation import Labelled, read_jsonl

SEED = 7
SHARES = (1 / 2, 1 / 4)
FEWEST = 2  # wordings an entry
PART_NAMES = {
    "classifier": "the topic classifier",
    "dense": "the dense part",
    "lexical": "the lexical part",
}


class Read(Protocol):
    """Reads a message, with the question before it where there was one."""

    def __call__(self, text: str, before: Before | None = None) -> Reading:
        """Returns the reading."""


@dataclass(frozen=True)
class ReaderSets:
    """Messages that a reader alone can be measured on.

    Attributes:
        answering: Questions and uncovered messages.
        several: Messages that ask for all of their entries.
        follow_ups: Turns of a conversation; the entry that answers the last one, if any does.
    """

    answering: AnsweringSets
    several: tuple[Labelled, ...]
    follow_ups: tuple[tuple[tuple[str, ...], str | None], ...]


def load_reader_sets(folder: Path, known: Sequence[str]) -> ReaderSets:
    """Reads the sets of a split.

    Args:
        folder: Holds faq.jsonl, uncovered.jsonl, several.jsonl and follow_up.jsonl.
        known: Ids of the entries that exist.
    """
    return ReaderSets(
        load_answering_sets(folder, known),
        tuple(
            Labelled(row["text"], tuple(row["entries"]))
            for row in read_jsonl(folder / "several.jsonl")
        ),
        tuple(
            (tuple(row["turns"]), row["entries"][-1])
            for row in read_jsonl(folder / "follow_up.jsonl")
        ),
    )


def measure_reader(read: Read, sets: ReaderSets) -> dict[str, Share]:
    """Reads all messages, and counts what came of them."""
    read_questions = [read(text) for text in sets.answering.asked]
    questions = [_decision(reading) for reading in read_questions]
    uncovered = [_decision(read(text)) for text in sets.answering.uncovered]
    return {
        **answering_rows(sets.answering, questions, uncovered),
        AMONG_THREE: Share.among(
            set(question.entries) & {candidate.id for candidate in reading.ranking[:3]}
            for question, reading in zip(sets.answering.questions, read_questions, strict=True)
        ),
        SEVERAL: Share.among(
            set(message.entries) <= set(_decision(read(message.text)).answered)
            for message in sets.several
        ),
        FOLLOW_UPS: Share.among(
            right_last_turn(entry, _decision(_read_last(read, turns)).answered)
            for turns, entry in sets.follow_ups
        ),
    }


def _read_last(read: Read, turns: Sequence[str]) -> Reading:
    """Reads a conversation as the dialogue does, but without the buttons that it would show."""
    before = Before()
    for text in turns:
        reading = read(text, before)
        if reading.answers or reading.offered:
            before = Before(
                asked=reading.asked,
                entries=tuple(candidate.id for candidate in reading.answers),
                ranking=tuple(candidate.id for candidate in reading.ranking),
            )
        elif reading.intent not in ASIDES:
            before = Before(asked=reading.asked)
    return reading


def _decision(reading: Reading) -> Decision:
    first = reading.ranking[0].id if reading.ranking else ""
    return Decision(first, tuple(candidate.id for candidate in reading.answers))


def keep_share(
    wordings: Sequence[tuple[str, str]], share: float, seed: int = SEED
) -> list[tuple[str, str]]:
    """Keeps some wordings of each entry, chosen at random.

    Args:
        wordings: Pairs of (text, entry id).
        share: Of each entry's wordings, 0 to 1; two stay at the least.
        seed: The same one keeps the same wordings.

    >>> len(keep_share([(str(number), "denosumab") for number in range(80)], 0.25))
    20
    """
    texts: dict[str, list[str]] = {}
    for text, entry in wordings:
        texts.setdefault(entry, []).append(text)
    choice = random.Random(seed)
    return [
        (text, entry)
        for entry, own in texts.items()
        for text in choice.sample(own, min(len(own), max(FEWEST, round(len(own) * share))))
    ]


def ablate(training: TrainingSet, sets: ReaderSets) -> Iterator[tuple[str, dict[str, Share]]]:
    """Yields the name and the rows of the served pipeline, then of it without each part."""
    encoder = remembering_encoder(DEFAULT_MODEL)
    served = training.train(encoder)
    yield "served pipeline", measure_reader(served.read, sets)
    plain = training.train(remembering_encoder(PACKAGED_MODEL))
    yield "without fine-tuning", measure_reader(plain.read, sets)
    for part in sorted(PARTS):
        reader = training.train(encoder, PARTS - {part})
        yield f"without {PART_NAMES[part]}", measure_reader(reader.read, sets)
    yield "without clause reading", measure_reader(served.read_whole, sets)
    yield "without context", measure_reader(lambda text, before=None: served.read(text), sets)
    alone = replace(training, neighbours={}).train(encoder)
    yield "without the entries' next questions", measure_reader(alone.read, sets)
    for share in SHARES:
        kept = keep_share(training.wordings, share)
        reader = training.with_wordings(kept).train(encoder)
        yield f"with {share:.0%} of the wordings", measure_reader(reader.read, sets)


def ablation_table(rows: Mapping[str, Mapping[str, Share]]) -> str:
    """Returns Markdown: a line for each variant, a column for each figure."""
    columns = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, shares in rows.items():
        cells = " | ".join(str(shares[column]).strip() for column in columns)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)
