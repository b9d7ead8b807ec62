"""Matching: where the lexicon's rules fire in a reading."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.red_flags.lexicon import Lexicon, Rule
from assistant.red_flags.phrase_tree import PhraseTree
from assistant.red_flags.reading import Reading

MOST_ANCHORS = 2_000  # occurrences of one concept that a rule looks at in one message
SUBJECT_REACH = 6
SOFT_REACH = 1  # sentences on either side of words that soften
LONGEST_TERM = 8  # content words; the search window grows by it

Span = tuple[int, int]  # first and last content word


@dataclass(frozen=True)
class Found:
    """What stands in a reading, as places in its row of content words.

    Attributes:
        concepts: concept id -> its spans, in order, without those that a figure covers.
        masked: the places that figures cover.
    """

    concepts: Mapping[str, Sequence[Span]]
    masked: frozenset[int]


@dataclass(frozen=True)
class Match:
    """A rule that fired.

    Attributes:
        rule: the rule.
        tokens: indices of the tokens that its concepts took, ascending.
        weak: whether the classifier may refuse it: the rule is weak, or one word alone fired
            ("collapsed" may be a pushchair), or words nearby soften it ("since 2016").
    """

    rule: Rule
    tokens: tuple[int, ...]
    weak: bool

    @property
    def first(self) -> int:
        """Index of its first token."""
        return self.tokens[0]

    @property
    def last(self) -> int:
        """Index of its last token."""
        return self.tokens[-1]


class RuleMatcher:
    """Finds concepts in one pass and lets the rules combine them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._concepts = PhraseTree({c.id: c.phrases for c in lexicon.concepts.values()})
        self._figures = PhraseTree({f.id: f.phrases for f in lexicon.figures.values()})
        self._rules = lexicon.rules
        self._subjects = tuple(c.id for c in lexicon.concepts.values() if c.subject)
        self._softening = tuple(c.id for c in lexicon.concepts.values() if c.softens)
        self._human = lexicon.concepts["person"].phrases if "person" in lexicon.concepts else ()
        self._human_words: frozenset[str] = frozenset(p[0] for p in self._human if len(p) == 1)

    def find(self, reading: Reading) -> list[Match]:
        """All places where a rule fires.

        Args:
            reading: a message as tokens.

        Returns:
            Matches in the order of the rules; one rule may fire in several places.
        """
        found = self.locate(reading).concepts
        if not found:
            return []
        soft = self._softened(found, reading)
        matches: list[Match] = []
        for rule in self._rules:
            if all(concept in found for concept in rule.all):
                matches += self._fire(rule, found, reading, soft)
        return matches

    def locate(self, reading: Reading) -> Found:
        """Where the concepts stand, and what the figures cover."""
        if not reading.content:
            return Found({}, frozenset())
        tokens = [reading.tokens[i] for i in reading.content]
        rows = [[token.stem for token in tokens]]
        if any(token.alternative for token in tokens):
            rows.append([token.alternative or token.stem for token in tokens])
        masked: set[int] = set()
        for spans in self._spans(self._figures, rows).values():
            for first, last in spans:
                if _sentence(reading, first) == _sentence(reading, last):
                    masked.update(range(first, last + 1))
        found = self._spans(self._concepts, rows)
        if masked:
            free = {
                concept: [s for s in spans if masked.isdisjoint(range(s[0], s[1] + 1))]
                for concept, spans in found.items()
            }
            found = {concept: spans for concept, spans in free.items() if spans}
        return Found(found, frozenset(masked))

    def _softened(self, found: Mapping[str, Sequence[Span]], reading: Reading) -> frozenset[int]:
        """The sentences in which no rule is firm: those of softening words and the next."""
        sentences = {
            _sentence(reading, place)
            for concept in self._softening
            for span in found.get(concept, ())
            for place in span
        }
        return frozenset(
            near for at in sentences for near in range(at - SOFT_REACH, at + SOFT_REACH + 1)
        )

    @staticmethod
    def _spans(tree: PhraseTree, rows: Sequence[Sequence[str]]) -> dict[str, list[Span]]:
        found = tree.find(rows[0])
        for other in rows[1:]:
            for concept, spans in tree.find(other).items():
                found[concept] = sorted({*spans, *found.get(concept, ())})
        return {concept: spans[:MOST_ANCHORS] for concept, spans in found.items()}

    def _fire(
        self,
        rule: Rule,
        found: Mapping[str, Sequence[Span]],
        reading: Reading,
        soft: frozenset[int],
    ) -> Iterator[Match]:
        anchor = min(rule.all, key=lambda concept: len(found[concept]))
        others = list(rule.all)
        others.remove(anchor)
        seen: set[tuple[int, ...]] = set()
        for span in found[anchor]:
            spans = self._gather(rule, span, others, found, reading)
            if spans is None:
                continue
            indices = sorted({i for first, last in spans for i in range(first, last + 1)})
            taken = tuple(reading.content[i] for i in indices)
            if taken in seen or self._blocked(rule, indices, found, reading):
                continue
            seen.add(taken)
            weak = (
                rule.weak
                or _one_word(reading, taken)
                or any(_sentence(reading, place) in soft for place in indices)
            )
            yield Match(rule, taken, weak)

    def _gather(
        self,
        rule: Rule,
        anchor: Span,
        others: Sequence[str],
        found: Mapping[str, Sequence[Span]],
        reading: Reading,
    ) -> list[Span] | None:
        """The anchor with the nearest span of each other concept; None where one is too far."""
        spans = {rule.all.index(concept): concept for concept in others}
        chosen: list[Span] = [anchor]
        by_part: dict[int, Span] = {}
        for part, concept in spans.items():
            best: Span | None = None
            best_gap = rule.within + 1
            reach = (rule.within + LONGEST_TERM) * len(rule.all)
            low = bisect_left(found[concept], (anchor[0] - reach, 0))
            for span in found[concept][low:]:
                if span[0] > anchor[1] + reach:
                    break
                if span[0] <= anchor[1] and anchor[0] <= span[1]:
                    continue
                gap = min(_gap(span, have, reading) for have in chosen)
                if gap < best_gap and all(s[1] < span[0] or span[1] < s[0] for s in chosen):
                    best, best_gap = span, gap
            if best is None:
                return None
            chosen.append(best)
            by_part[part] = best
        if rule.ordered:
            missing = next(i for i in range(len(rule.all)) if i not in by_part)
            by_part[missing] = anchor
            row = [by_part[i] for i in range(len(rule.all))]
            if any(one[0] > after[0] for one, after in pairwise(row)):
                return None
        return chosen

    def _blocked(
        self,
        rule: Rule,
        indices: Sequence[int],
        found: Mapping[str, Sequence[Span]],
        reading: Reading,
    ) -> bool:
        """Whether words nearby say that this is something else: a topic, a pet, a machine."""
        tokens, content = reading.tokens, reading.content
        clauses = {tokens[content[i]].clause for i in indices}
        for blocker in rule.unless:
            for first, _ in found.get(blocker, ()):
                if tokens[content[first]].clause in clauses:
                    return True
        for blocker in self._subjects:
            for _, last in found.get(blocker, ()):
                gap = reading.places[indices[0]] - reading.places[last] - 1
                if not 0 <= gap <= SUBJECT_REACH:
                    continue
                between = tokens[content[last] + 1 : content[indices[0]] + 1]
                # "the dog knocked me over and my hip cracked" is about a person after all
                if not any(t.form in self._human_words for t in between):
                    return True
        return False


def _sentence(reading: Reading, place: int) -> int:
    """The number of the sentence of a content word."""
    return reading.clauses[reading.tokens[reading.content[place]].clause].sentence


def _one_word(reading: Reading, tokens: Sequence[int]) -> bool:
    """Whether one word of the patient's alone was taken ("short of breath" is three)."""
    if len(tokens) > 1:
        return False
    token = reading.tokens[tokens[0]]
    return " " not in reading.text[token.start : token.end].strip()


def _gap(one: Span, other: Span, reading: Reading) -> int:
    """How many places lie between two spans."""
    if one[0] > other[0]:
        one, other = other, one
    return max(0, reading.places[other[0]] - reading.places[one[1]] - 1)
