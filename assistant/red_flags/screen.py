"""The screen: text to mentions. Either layer, lexicon or classifier, may fire."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.red_flags.context import Verdict
from assistant.red_flags.judgement import Judgement, Scored
from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.matching import RuleMatcher
from assistant.red_flags.mention import (
    PRIORITIES,
    Mention,
    Screening,
    categories,
    more_pressing,
)
from assistant.red_flags.reading import Reader, Reading
from assistant.red_flags.status import LONG_AGO, StatusReader, priority_of

logger = logging.getLogger(__name__)

LONGEST_TEXT = 200_000  # characters; beyond it only head and tail are read
ONE_CLAUSE = 120  # characters; a longer span may say other things as well
SURE = 0.9  # the classifier adds a category to what rules found only from this probability on
LONGEST_WORDS = 160  # characters of a mention's words


class ScreenError(RuntimeError):
    """Nothing could read the message: the caller must escalate it as it is."""


class Layer(Protocol):
    """The learned layer as the screen sees it."""

    def score(self, text: str, spans: Sequence[tuple[int, int]]) -> Judgement:
        """What it makes of a message with these clauses."""


@dataclass(frozen=True)
class Explanation:
    """What each layer saw (it holds the patient's words: for tests and editors, never for logs).

    Attributes:
        clauses: the clauses as they were split.
        spans: where they stand in the text.
        firm: mentions of the rules, unmerged, that need no agreement.
        weak: mentions of rules that the classifier may refuse.
        classifier: what the classifier fired on.
        screening: the merged result.
    """

    clauses: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    firm: tuple[Mention, ...]
    weak: tuple[Mention, ...]
    classifier: tuple[Scored, ...]
    screening: Screening


class RedFlagScreen:
    """Screens messages for red-flag symptoms.

    Args:
        lexicon: the compiled rules.
        classifier: the learned layer; None screens with the rules alone.

    Example:
        >>> from assistant.red_flags import RedFlagScreen, load_lexicon
        >>> screening = RedFlagScreen(load_lexicon()).screen("since last night my legs are numb")
        >>> screening.priority, screening.mentions[0].category
        ('page', 'cord-compression')
    """

    def __init__(self, lexicon: Lexicon, classifier: Layer | None = None) -> None:
        self._reader = Reader(lexicon)
        self._matcher = RuleMatcher(lexicon)
        self._status = StatusReader(lexicon)
        self._classifier = classifier

    def screen(self, text: str) -> Screening:
        """Reads a message.

        Args:
            text: the raw text of the patient's message, of any length.

        Returns:
            One mention for each category, the most pressing first. Where one layer failed the
            other's result comes out with `complete` False.

        Raises:
            ScreenError: both layers failed, or the rules did and there is no classifier. There is
                no "unreadable" category: the policy escalates the message as it is, and a made-up
                finding would reach staff as a symptom.
        """
        return self.explain(text).screening

    def explain(self, text: str) -> Explanation:
        """What each layer saw in a message, and the screening that came of it."""
        complete = True
        if len(text) > LONGEST_TEXT:
            text = text[: LONGEST_TEXT // 2] + "\n" + text[-LONGEST_TEXT // 2 :]
            complete = False
        reading, firm, weak = self._read(text)
        judgement: Judgement | None = None
        if self._classifier is not None:
            spans = reading.spans if reading is not None else ((0, len(text)),)
            try:
                judgement = self._classifier.score(text, spans)
            except Exception as error:  # noqa: BLE001 - safety boundary: the rules must come out
                logger.error("red-flag classifier failed: %s", type(error).__name__)
        if reading is None and judgement is None:
            raise ScreenError("neither rules nor classifier could read the message")
        agreed = [] if judgement is not None and judgement.refuses else weak
        scored = judgement.scored if judgement is not None else ()
        # What a rule has read as denied or long past must not hide what else the message says.
        pressing = [mention for mention in (*firm, *agreed) if mention.priority != "review"]
        learned = [
            self._learned(reading, text, item)
            for item in scored
            if not _read_by_rule(item, text, (*firm, *agreed))
            and (item.score >= SURE or not pressing)
        ]
        complete = complete and reading is not None and reading.complete
        if self._classifier is not None:
            complete = complete and judgement is not None and judgement.complete
        screening = Screening(_merge([*firm, *agreed, *learned]), complete)
        where = reading.spans if reading is not None else ()
        clauses = tuple(text[start:end] for start, end in where)
        return Explanation(clauses, where, tuple(firm), tuple(weak), tuple(scored), screening)

    def _read(self, text: str) -> tuple[Reading | None, list[Mention], list[Mention]]:
        """The rules' reading, mentions of firm and of weak rules; (None, [], []) on failure."""
        try:
            reading = self._reader.read(text)
            return (reading, *self._mentions(reading))
        except Exception as error:  # noqa: BLE001 - safety boundary: the classifier still reads
            logger.error("red-flag rules failed: %s", type(error).__name__)
            return None, [], []

    def _mentions(self, reading: Reading) -> tuple[list[Mention], list[Mention]]:
        firm: list[Mention] = []
        weak: list[Mention] = []
        matches = self._matcher.find(reading)
        if not matches:
            return firm, weak
        context = self._status.context(reading)
        settled: set[str] = set()  # categories that cannot come higher
        for match in matches:
            category = match.rule.category
            if category in settled:
                continue
            verdict = context.verdict(match.tokens, match.rule.status)
            if verdict.trigger == LONG_AGO:
                continue
            urgency = categories()[category]
            mention = Mention(
                category=category,
                urgency=urgency,
                status=verdict.status,
                priority=priority_of(verdict, urgency, category),
                words=reading.words(match.first, match.last)[:LONGEST_WORDS],
                source=match.rule.id,
            )
            (weak if match.weak else firm).append(mention)
            if mention.status == "present" and not match.weak:
                settled.add(category)
        return firm, weak

    def _learned(self, reading: Reading | None, text: str, item: Scored) -> Mention:
        """A mention of the classifier, its status read by the same triggers where possible."""
        urgency = categories()[item.category]
        verdict = Verdict("present")
        if reading is not None:
            inside = [
                i
                for i, token in enumerate(reading.tokens)
                if item.start <= token.start and token.end <= item.end
            ]
            if inside:
                verdict = self._status.context(reading).verdict_of_span(inside[0], inside[-1])
        return Mention(
            category=item.category,
            urgency=urgency,
            status=verdict.status,
            priority=priority_of(verdict, urgency, item.category),
            words=text[item.start : item.end].strip()[:LONGEST_WORDS],
            source="classifier",
            score=item.score,
        )


def _read_by_rule(item: Scored, text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a rule found the same thing in the same span: the rule's status then stands.

    A denial speaks for its own clause only ("Bowels ok. Everything below feels ...").
    """
    span = text[item.start : item.end]
    one_clause = len(span) <= ONE_CLAUSE
    return any(
        mention.category == item.category
        and mention.words in span
        and (one_clause or mention.priority != "review")
        for mention in mentions
    )


def _merge(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """One mention for each category; equal ones keep the first, so a rule goes before the model."""
    best: dict[str, Mention] = {}
    for mention in mentions:
        have = best.get(mention.category)
        best[mention.category] = mention if have is None else more_pressing(have, mention)
    return tuple(sorted(best.values(), key=lambda m: PRIORITIES.index(m.priority)))
