"""Several questions in one message: which entries its parts ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.faq.context import join_turns
from assistant.faq.judge import Judge
from assistant.faq.named import one_by_one
from assistant.faq.questions import is_question, split_questions
from assistant.faq.reading import ADVICE, NO_ANSWER, Candidate, Scored
from assistant.faq.scorer import Scorer, TextScorer
from assistant.faq.validation import Labelled

# Of the judge's probability. On validation (the judge fitted on four fifths) 85% of the messages
# with several questions get all answers from 0.13 on, 80% from 0.165; 20% and 17% of the single
# ones get another entry beside or instead of theirs.
SURE_TOGETHER = 0.13  # of each of several
MOST_ANSWERS = 3
SURE_ALONE = 0.7  # of one question inside a long story
SURE_SERVICE = 0.5
SERVED_BESIDE = (ADVICE, "low_mood", "ask_human", "admin")
MOST_WORDS = 12  # of a part; more count as many


@dataclass(frozen=True)
class Part:
    """One part of a message, read alone and after the part before it.

    Attributes:
        named: Whether it is the message with one of its names alone.
    """

    alone: Scored
    joined: Scored | None
    asks: bool
    named: bool

    @property
    def service(self) -> str | None:
        """The service that it asks for, if it clearly does."""
        if self.alone.service == NO_ANSWER or self.alone.service_probability < SURE_SERVICE:
            return None
        return self.alone.service


@dataclass(frozen=True)
class Split:
    """A message in parts, before they are read.

    Attributes:
        texts: Its stretches, then the message with one of its names alone, for each name.
        stretches: How many of the texts are stretches.
        joined: By number of a stretch that asks, that behind the stretch before it.
    """

    texts: tuple[str, ...]
    stretches: int
    joined: Mapping[int, str]

    @property
    def all(self) -> list[str]:
        """Everything that is read."""
        return [*self.texts, *self.joined.values()]


def split(text: str) -> Split:
    """Splits a message; without texts where it is one."""
    stretches = split_questions(text)
    named = [one for part in stretches for one in one_by_one(part)] or one_by_one(text)
    if len(stretches) < 2 and not named:
        return Split((), 0, {})
    joined = {
        number: join_turns(before, part)
        for number, (before, part) in enumerate(pairwise(stretches), start=1)
        if is_question(part)  # "The radiation on my hip, what will that do?"
    }
    return Split((*stretches, *named), len(stretches), joined)


def parts_of(message: Split, scorer: TextScorer) -> list[Part]:
    """Reads each part of a message."""
    scored = scorer.score(message.all)
    behind = dict(zip(message.joined, scored[len(message.texts) :], strict=True))
    return [
        Part(
            scored[number],
            behind.get(number),
            is_question(part) or number >= message.stretches,
            number >= message.stretches,
        )
        for number, part in enumerate(message.texts)
    ]


def candidates(whole: Scored, parts: Sequence[Part]) -> dict[str, tuple[Candidate, list[float]]]:
    """Every entry that a part or the whole message speaks for, with the clues for it.

    Args:
        whole: The message as it stands.
        parts: Its parts.

    Returns:
        By entry id, in the order in which they are asked for.
    """
    found: dict[str, Candidate] = {}
    for part in parts:
        for scored in (part.alone, part.joined):
            if scored is not None:
                found.setdefault(scored.best.id, replace(scored.best, part=part.alone.text))
    for candidate in whole.ranking[:2]:
        found.setdefault(candidate.id, candidate)
    return {id_: (one, _clues(id_, whole, parts)) for id_, one in found.items()}


def _clues(entry: str, whole: Scored, parts: Sequence[Part]) -> list[float]:
    alone = [part.alone.score_of(entry) for part in parts]
    asked = [score for score, part in zip(alone, parts, strict=True) if part.asks]
    joined = [part.joined.score_of(entry) for part in parts if part.joined is not None]
    named = [score for score, part in zip(alone, parts, strict=True) if part.named]
    best = max(range(len(parts)), key=alone.__getitem__)
    first, behind = parts[best].alone, parts[best].joined
    # What the part asks for behind the one before it, if that is something else: "why is it
    # dangerous?" asks for what "it" is, whatever else it sounds like by itself.
    rival = behind.best if behind is not None and behind.best.id != entry else None
    elsewhere = [
        scored.score_of(rival.id)
        for scored in (whole, *(part.alone for part in parts if part is not parts[best]))
        if rival is not None
    ]
    return [
        whole.score_of(entry),
        float(whole.best.id == entry),
        max(alone),
        max(asked, default=0.0),
        max(joined, default=0.0),
        max(named, default=0.0),
        max(alone) * whole.score_of(entry),
        float(first.best.id == entry),
        min(len(first.text.split()), MOST_WORDS) / MOST_WORDS,
        first.service_probability,
        first.advice_probability,
        float(sum(part.asks for part in parts) > 1),
        behind.score_of(entry) if behind is not None else 0.0,
        float(behind is not None and rival is None),
        rival.score if rival is not None else 0.0,
        max(elsewhere, default=0.0),
    ]


class SeveralQuestions:
    """Decides which candidates of a message are asked for.

    Args:
        judge: Fitted on validation; None where there was none: then nothing is split.
    """

    def __init__(self, judge: Judge | None) -> None:
        self.judge = judge

    @classmethod
    def fit(cls, scorer: Scorer, messages: Sequence[Labelled]) -> SeveralQuestions:
        """Fits the judge on labelled messages, of one question and of several."""
        clues, right = [], []
        in_parts = [(message, split(message.text)) for message in messages]
        in_parts = [(message, parts) for message, parts in in_parts if parts.texts]
        known = scorer.read_ahead(
            text for message, parts in in_parts for text in (message.text, *parts.all)
        )
        for message, unread in in_parts:
            parts = parts_of(unread, known)
            (whole,) = known.score([message.text])
            for id_, (_, own) in candidates(whole, parts).items():
                clues.append(own)
                right.append(id_ in message.entries)
        return cls(Judge.fit(clues, right))

    def read(
        self, text: str, whole: Scored, scorer: Scorer
    ) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
        """Returns the entries asked for, in order, and the services beside them."""
        if self.judge is None:
            return (), ()
        parts = parts_of(split(text), scorer)
        if not parts:
            return (), ()
        judged = [
            replace(candidate, score=round(self.judge.probability(clues), 3))
            for candidate, clues in candidates(whole, parts).values()
        ]
        surest = sorted(judged, key=lambda one: one.score, reverse=True)[:MOST_ANSWERS]
        answers = [one for one in judged if one in surest and one.score >= SURE_TOGETHER]
        services = {part.service: None for part in parts if part.service in SERVED_BESIDE}
        # Beside a service it is one of several, and the message does ask for more than one thing.
        if len(answers) == 1 and not services and answers[0].score < SURE_ALONE:
            answers = []
        return tuple(answers), tuple(service for service in services if service)
