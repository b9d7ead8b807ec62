"""The screen: text to mentions. Either layer, lexicon or classifier, may fire."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Dict, List, Optional, Protocol, Sequence, Tuple

from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.matching import Match, RuleMatcher
from assistant.red_flags.mention import Mention, Priority, Screening, categories, more_pressing
from assistant.red_flags.reading import Reader, Reading
from assistant.red_flags.status import StatusReader, priority_of

logger = logging.getLogger(__name__)

LONGEST_TEXT = 200_000  # characters; beyond it only head and tail are read
LONGEST_WORDS = 160  # characters of a mention's words

_TOP: Priority = "page"


class ScreenError(RuntimeError):
    """Nothing could read the message: the caller must escalate it as it is."""


@dataclass(frozen=True)
class Scored:
    """A span of the message that the classifier holds for a red flag.

    Attributes:
        category: an id of categories.yml.
        score: probability that the span is no harmless text.
        start, end: the span in the original text.
    """

    category: str
    score: float
    start: int
    end: int


class Layer(Protocol):
    """The learned layer as the screen sees it."""

    def score(self, text: str, spans: Sequence[Tuple[int, int]]) -> Tuple[List[Scored], bool]:
        """Spans above the threshold, and whether everything was scored."""


@dataclass(frozen=True)
class Explanation:
    """What each layer saw (it holds the patient's words: for tests and editors, never for logs).

    Attributes:
        clauses: the clauses as they were split.
        lexicon: mentions of the rules, unmerged.
        classifier: what the classifier fired on.
        screening: the merged result.
    """

    clauses: Tuple[str, ...]
    lexicon: Tuple[Mention, ...]
    classifier: Tuple[Scored, ...]
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

    def __init__(self, lexicon: Lexicon, classifier: Optional[Layer] = None) -> None:
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
            ScreenError: both layers failed (or the lexicon did, and there is no classifier). There
                is no "unreadable" category: an escalation without a finding is the policy's to
                word, and a made-up finding would reach staff as a symptom.
        """
        return self.explain(text).screening

    def explain(self, text: str) -> Explanation:
        """What each layer saw in a message, and the screening that came of it."""
        complete = True
        if len(text) > LONGEST_TEXT:
            text = text[: LONGEST_TEXT // 2] + "\n" + text[-LONGEST_TEXT // 2 :]
            complete = False
        reading, mentions = self._read(text)
        scored: Sequence[Scored] = ()
        scored_all = True
        if self._classifier is not None:
            spans = reading.spans if reading is not None else ((0, len(text)),)
            try:
                scored, scored_all = self._classifier.score(text, spans)
            except Exception as error:  # safety boundary: the rules' result must come out
                logger.error("red-flag classifier failed: %s", type(error).__name__)
                if reading is None:
                    raise ScreenError("neither rules nor classifier could read it") from error
                scored_all = False
        elif reading is None:
            raise ScreenError("the rules could not read it and there is no classifier")
        learned = [self._learned(reading, text, item) for item in scored]
        complete = complete and scored_all and reading is not None and reading.complete
        screening = Screening(_merge([*mentions, *learned]), complete)
        clauses = tuple(text[s:e] for s, e in reading.spans) if reading is not None else ()
        return Explanation(clauses, tuple(mentions), tuple(scored), screening)

    def _read(self, text: str) -> Tuple[Optional[Reading], List[Mention]]:
        """The rules' reading and mentions; (None, []) where they failed."""
        try:
            reading = self._reader.read(text)
            return reading, self._mentions(reading)
        except Exception as error:  # safety boundary: the classifier still reads
            logger.error("red-flag rules failed: %s", type(error).__name__)
            return None, []

    def _mentions(self, reading: Reading) -> List[Mention]:
        matches = self._matcher.find(reading)
        if not matches:
            return []
        context = self._status.context(reading)
        mentions: List[Mention] = []
        settled: Dict[str, str] = {}
        for match in matches:
            category = match.rule.category
            if settled.get(category) == self._highest(category):
                continue
            mention = self._mention(match, reading, context.verdict(match.tokens, match.rule.status))
            settled[category] = mention.priority if mention.priority == self._highest(
                category) else settled.get(category, "")
            mentions.append(mention)
        return mentions

    @staticmethod
    def _highest(category: str) -> Priority:
        """The highest priority that a mention of a category can have."""
        return _TOP if categories()[category] == "emergency" else "same-day"

    @staticmethod
    def _mention(match: Match, reading: Reading, verdict) -> Mention:  # type: ignore[no-untyped-def]
        category = match.rule.category
        urgency = categories()[category]
        return Mention(
            category=category,
            urgency=urgency,
            status=verdict.status,
            priority=priority_of(verdict, urgency, category),
            words=reading.words(match.first, match.last)[:LONGEST_WORDS],
            source=match.rule.id,
        )

    def _learned(self, reading: Optional[Reading], text: str, item: Scored) -> Mention:
        """A mention of the classifier, its status read by the same triggers where possible."""
        urgency = categories()[item.category]
        status, priority = "present", priority_of_present(urgency)
        if reading is not None:
            inside = [i for i, token in enumerate(reading.tokens)
                      if item.start <= token.start and token.end <= item.end]
            if inside:
                verdict = self._status.context(reading).verdict_of_span(inside)
                status, priority = verdict.status, priority_of(verdict, urgency, item.category)
        return Mention(
            category=item.category, urgency=urgency, status=status, priority=priority,
            words=text[item.start : item.end].strip()[:LONGEST_WORDS], source="classifier",
            score=item.score,
        )


def priority_of_present(urgency: str) -> Priority:
    """The priority of a present mention."""
    return "page" if urgency == "emergency" else "same-day"


def _merge(mentions: Sequence[Mention]) -> Tuple[Mention, ...]:
    """One mention for each category; equal ones keep the first, so a rule goes before the model."""
    best: Dict[str, Mention] = {}
    for mention in mentions:
        have = best.get(mention.category)
        best[mention.category] = mention if have is None else more_pressing(have, mention)
    rank = {"page": 0, "same-day": 1, "review": 2}
    return tuple(sorted(best.values(), key=lambda m: rank[m.priority]))
