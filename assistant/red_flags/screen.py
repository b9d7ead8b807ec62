"""The screen: text to mentions. Any layer may fire: rules, classifier, words of other languages."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from assistant.red_flags.combinations import Combinations
from assistant.red_flags.context import Verdict
from assistant.red_flags.findings import LONGEST_WORDS, Finding, RuleFinder, surroundings
from assistant.red_flags.foreign import foreign_words
from assistant.red_flags.judgement import Judgement, Window
from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.mention import Fired, Mention, Screening, categories, merged
from assistant.red_flags.reading import Reader, Reading
from assistant.red_flags.status import priority_of
from assistant.red_flags.windows import Span

logger = logging.getLogger(__name__)

LONGEST_TEXT = 200_000  # characters; beyond it only head and tail are read
ONE_CLAUSE = 120  # characters; a longer span may say other things as well
SURE = 0.9  # the classifier adds a category to what rules found only from this probability on
CLASSIFIER = "classifier"
# Beside a likelier category another one counts from this share of the learned layer's on; one that
# a firm rule, or a word of another language, saw from the lower one on.
BESIDE, FIRM_BESIDE = 0.15, 0.03


class Layer(Protocol):
    """The learned layer as the screen sees it."""

    def score(
        self, text: str, clauses: Sequence[Span], findings: Sequence[Finding] = ()
    ) -> Judgement:
        """What it makes of a message with these clauses, in which the rules found this."""


class StatusLayer(Protocol):
    """The learned reading of status as the screen sees it."""

    def verdicts(self, findings: Sequence[Finding]) -> list[Verdict]:
        """The status of each finding."""


@dataclass(frozen=True)
class Explanation:
    """What each layer saw (it holds the patient's words: for tests and editors, never for logs).

    Attributes:
        text: what was read.
        clauses: the clauses as they were split.
        spans: where they stand in the text.
        firm: findings of rules that need no agreement, and of other languages' words.
        weak: findings of rules that the learned layer may refuse.
        judgement: what the learned layer makes of the message; None without one.
        screening: the merged result.
    """

    text: str
    clauses: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    firm: tuple[Finding, ...]
    weak: tuple[Finding, ...]
    judgement: Judgement | None
    screening: Screening


class RedFlagScreen:
    """Screens messages for red-flag symptoms.

    Args:
        lexicon: the compiled rules.
        learned: the learned layer; None screens with the rules alone.
        status: the learned reading of status; None takes what the triggers say.

    Example:
        >>> from assistant.red_flags import RedFlagScreen, load_lexicon
        >>> screening = RedFlagScreen(load_lexicon()).screen("since last night my legs are numb")
        >>> screening.priority, screening.mentions[0].category
        ('page', 'cord-compression')
    """

    def __init__(
        self,
        lexicon: Lexicon,
        learned: Layer | None = None,
        status: StatusLayer | None = None,
    ) -> None:
        self._reader = Reader(lexicon)
        self._rules = RuleFinder(lexicon)
        self._combinations = Combinations(lexicon)
        self._foreign = foreign_words()
        self._learned = learned
        self._status = status

    def screen(self, text: str) -> Screening:
        """Reads a message.

        Args:
            text: the raw text of the patient's message, of any length.

        Returns:
            One mention for each category, the most pressing first. A layer that raises is named
            in `failed`, and the message then counts as flagged whatever the others found.
        """
        return self.explain(text).screening

    def explain(self, text: str) -> Explanation:
        """What each layer saw in a message, and the screening that came of it."""
        complete = len(text) <= LONGEST_TEXT
        if not complete:
            text = text[: LONGEST_TEXT // 2] + "\n" + text[-LONGEST_TEXT // 2 :]
        failed: list[str] = []
        reading: Reading | None = None
        firm: list[Finding] = []
        weak: list[Finding] = []
        foreign: list[Finding] = []
        judgement: Judgement | None = None
        mentions: tuple[Mention, ...] = ()
        with _guarded("rules", failed):
            reading = self._reader.read(text)
            found = self._rules.find(reading)
            firm, weak = [f for f in found if not f.weak], [f for f in found if f.weak]
            complete = complete and reading.complete
        with _guarded("other languages", failed):
            foreign = self._in_other_languages(text, reading)
        if self._learned is not None:
            spans = reading.spans if reading is not None else ((0, len(text)),)
            with _guarded(CLASSIFIER, failed):
                judgement = self._learned.score(text, spans, [*weak, *firm, *foreign])
                complete = complete and judgement.complete
        with _guarded("decision", failed):
            counting = _counting(firm, weak, judgement)
            mentions = self._decide(text, reading, [*counting, *foreign], judgement, failed)
        if reading is not None:
            with _guarded("combinations", failed):
                mentions = merged([*mentions, *self._combinations.find(reading, mentions)])
        where = reading.spans if reading is not None else ()
        clauses = tuple(text[start:end] for start, end in where)
        screening = Screening(mentions, complete, tuple(failed))
        return Explanation(
            text, clauses, where, (*firm, *foreign), tuple(weak), judgement, screening
        )

    def locate(self, text: str, category: str) -> Finding:
        """Where a message that is known to mention a category does so, for training."""
        reading = self._reader.read(text)
        for finding in self._rules.find(reading):
            if finding.category == category:
                return finding
        verdicts = self._rules.verdicts_of_spans(reading, [(0, len(text))])
        return Finding(category, text, tuple(verdicts), text[:LONGEST_WORDS], (), by_rules=False)

    def _decide(
        self,
        text: str,
        reading: Reading | None,
        findings: Sequence[Finding],
        judgement: Judgement | None,
        failed: list[str],
    ) -> tuple[Mention, ...]:
        by_rules = self._mentions(findings, failed)
        # What a rule has read as denied or long past must not hide what else the message says.
        pressing = any(mention.priority != "review" for mention in by_rules)
        windows = [
            window
            for window in (judgement.fired if judgement is not None else ())
            if not _read_by_rule(window, text, by_rules) and (window.score >= SURE or not pressing)
        ]
        seen = self._seen_by_classifier(text, reading, windows, judgement)
        mentions = merged([*by_rules, *self._mentions(seen, failed)])
        if judgement is None:
            return mentions
        likely = _likely([*findings, *seen], judgement)
        return tuple(mention for mention in mentions if mention.category in likely)

    def _mentions(self, findings: Sequence[Finding], failed: list[str]) -> list[Mention]:
        verdicts = [finding.verdicts[0] for finding in findings]
        if self._status is not None and findings:
            with _guarded("status", failed):
                verdicts = self._status.verdicts(findings)
        mentions = []
        for finding, verdict in zip(findings, verdicts, strict=True):
            urgency = categories()[finding.category]
            priority = priority_of(verdict, urgency, finding.category)
            mentions.append(
                Mention(
                    finding.category,
                    urgency,
                    verdict.status,
                    priority,
                    finding.words,
                    finding.fired,
                )
            )
        return mentions

    def _seen_by_classifier(
        self,
        text: str,
        reading: Reading | None,
        windows: Sequence[Window],
        judgement: Judgement | None,
    ) -> list[Finding]:
        spans = [(window.start, window.end) for window in windows]
        verdicts, around = [Verdict("present")] * len(spans), [text] * len(spans)
        if reading is not None:
            verdicts = self._rules.verdicts_of_spans(reading, spans)
            around = [text[slice(*surroundings(reading, *span))] for span in spans]
        threshold = judgement.threshold if judgement is not None else None
        found = []
        for number, window in enumerate(windows):
            words = text[window.start : window.end].strip()[:LONGEST_WORDS]
            found.append(
                Finding(
                    window.category,
                    around[number],
                    (verdicts[number],),
                    words,
                    (Fired(CLASSIFIER, words, round(window.score, 3), threshold),),
                    by_rules=False,
                    weak=True,
                    start=window.start,
                    end=window.end,
                )
            )
        return found

    def _in_other_languages(self, text: str, reading: Reading | None) -> list[Finding]:
        found = []
        for match in self._foreign.find(text, reading.folded if reading is not None else None):
            words = text[match.start : match.end][:LONGEST_WORDS]
            # No triggers of status in these languages: what is unsure counts as present.
            found.append(
                Finding(
                    match.category,
                    text,
                    (Verdict("present"),),
                    words,
                    (Fired(match.rule, words),),
                    start=match.start,
                    end=match.end,
                )
            )
        return found


def _counting(
    firm: Sequence[Finding], weak: Sequence[Finding], judgement: Judgement | None
) -> list[Finding]:
    """The findings of rules that the learned layer does not refuse."""
    if judgement is None:
        return [*firm, *weak]
    return [
        *(f for f in firm if not judgement.rules_out(f.start, f.end)),
        *(f for f in weak if not judgement.refuses(f.category, f.start, f.end)),
    ]


def _likely(findings: Sequence[Finding], judgement: Judgement) -> set[str]:
    """The categories of findings that count beside each other: one at least, if there is any.

    "I went dizzy on the new tablets" holds words of four categories and is about one.
    """
    shares = [judgement.share(f.category, f.start, f.end) for f in findings]
    likeliest = max(zip(shares, findings, strict=True), key=lambda one: one[0], default=None)
    return {
        finding.category
        for share, finding in zip(shares, findings, strict=True)
        if share >= (BESIDE if finding.weak else FIRM_BESIDE)
        or (likeliest is not None and finding.category == likeliest[1].category)
    }


def _read_by_rule(window: Window, text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a rule found the same thing in the same span: the rule's status then stands.

    A denial speaks for its own clause only ("Bowels ok. Everything below feels ...").
    """
    span = text[window.start : window.end]
    one_clause = len(span) <= ONE_CLAUSE
    return any(
        mention.category == window.category
        and mention.words in span
        and (one_clause or mention.priority != "review")
        for mention in mentions
    )


@contextmanager
def _guarded(layer: str, failed: list[str]) -> Iterator[None]:
    """Notes the layer as failed where it raises: what it would have found is not known."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - safety boundary: the message is escalated
        logger.error("red-flag layer %s failed: %s", layer, type(error).__name__)
        if layer not in failed:
            failed.append(layer)
