"""Findings: what the rules see of each category, with the words around it, before its status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.red_flags.context import Verdict
from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.matching import Match, RuleMatcher
from assistant.red_flags.mention import Fired
from assistant.red_flags.reading import Reading
from assistant.red_flags.status import LONG_AGO, StatusReader

LONGEST_WORDS = 160  # characters of a mention's words
NEAR = 320  # characters around a finding that tell its status; a shorter message is read whole
MOST_FINDINGS = 6  # places of one category that are looked at; a message seldom has three

# Of two verdicts the first of these is the more pressing.
PRESSING = ("present", "asked", "past", "negated")


@dataclass(frozen=True)
class Finding:
    """A category seen in one place of a message.

    Attributes:
        category: an id of categories.yml.
        around: the stretch of the original text that tells its status.
        verdicts: what the triggers of status say of each match, the most pressing first.
        words: the patient's words that fired.
        fired: what fired.
        by_rules: False where the classifier alone saw it.
        weak: whether the classifier may refuse it.
        start, end: where the words stand in the original text.
    """

    category: str
    around: str
    verdicts: tuple[Verdict, ...]
    words: str
    fired: tuple[Fired, ...]
    by_rules: bool = True
    weak: bool = False
    start: int = 0
    end: int = 0


class RuleFinder:
    """Turns a reading into findings: rules, then the status triggers that reach them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._matcher = RuleMatcher(lexicon)
        self._status = StatusReader(lexicon)

    def find(self, reading: Reading) -> list[Finding]:
        """All findings of the rules, those that need no agreement first."""
        matches = self._matcher.find(reading)
        if not matches:
            return []
        context = self._status.context(reading)
        places: dict[tuple[str, bool, tuple[int, int]], list[tuple[Match, Verdict]]] = {}
        denials = [one for one in matches if one.rule.status == "negated" and not one.weak]
        for match in matches:
            if match.weak and any(_within_denial(match, denial) for denial in denials):
                continue
            verdict = context.verdict(match.tokens, match.rule.status)
            if verdict.trigger == LONG_AGO:
                continue
            around = surroundings(
                reading, reading.tokens[match.first].start, reading.tokens[match.last].end
            )
            key = (match.rule.category, match.weak, around)
            places.setdefault(key, []).append((match, verdict))
        found: list[Finding] = []
        for (category, weak, around), seen in sorted(places.items(), key=lambda one: one[0][1]):
            if sum(one.category == category for one in found) < MOST_FINDINGS:
                found.append(_finding(reading, category, weak, around, seen))
        return found

    def verdicts_of_spans(
        self, reading: Reading, spans: Sequence[tuple[int, int]]
    ) -> list[Verdict]:
        """What the triggers say of stretches of text in which the classifier saw something."""
        context = self._status.context(reading) if spans else None
        verdicts = []
        for start, end in spans:
            inside = [
                number
                for number, token in enumerate(reading.tokens)
                if start <= token.start and token.end <= end
            ]
            verdicts.append(
                context.verdict_of_span(inside[0], inside[-1])
                if inside and context is not None
                else Verdict("present")
            )
        return verdicts


def _within_denial(match: Match, denial: Match) -> bool:
    """Whether a weak rule has seen a part of what a firm one knows as a denial.

    "full feeling in both feet" is no odd feeling in the feet.
    """
    overlap = match.first <= denial.last and denial.first <= match.last
    return overlap and match.rule.category == denial.rule.category


def _finding(
    reading: Reading,
    category: str,
    weak: bool,
    around: tuple[int, int],
    seen: Sequence[tuple[Match, Verdict]],
) -> Finding:
    in_order = sorted(seen, key=lambda one: PRESSING.index(one[1].status))
    fired = [
        Fired(match.rule.id, reading.words(match.first, match.last)[:LONGEST_WORDS])
        for match, _ in in_order
    ]
    return Finding(
        category,
        reading.text[slice(*around)],
        tuple(verdict for _, verdict in in_order),
        fired[0].words,
        tuple(dict.fromkeys(fired)),
        weak=weak,
        start=reading.tokens[in_order[0][0].first].start,
        end=reading.tokens[in_order[0][0].last].end,
    )


def surroundings(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """The span of the original text that tells the status of what stands from start to end.

    A short message as a whole; of a long one the sentence with its neighbours.
    """
    if len(reading.text) <= NEAR:
        return 0, len(reading.text)
    sentences = {
        clause.sentence
        for clause, (first, last) in zip(reading.clauses, reading.spans, strict=True)
        if first < end and start < last
    }
    if not sentences:
        return max(0, start - NEAR // 2), min(len(reading.text), end + NEAR // 2)
    near = range(min(sentences) - 1, max(sentences) + 2)
    spans = [
        span
        for clause, span in zip(reading.clauses, reading.spans, strict=True)
        if clause.sentence in near
    ]
    return (
        max(spans[0][0], start - NEAR, 0),
        min(spans[-1][1], end + NEAR),
    )
