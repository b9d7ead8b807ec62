"""Matching: where the lexicon's rules fire in a reading."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from assistant.red_flags.lexicon import Concept, Lexicon, Rule
from assistant.red_flags.reading import Reading

MOST_ANCHORS = 2_000  # occurrences of one concept that a rule looks at in one message
SUBJECT_REACH = 6
LONGEST_TERM = 8  # content words; the search window grows by it

Span = Tuple[int, int]  # first and last content word


@dataclass(frozen=True)
class Match:
    """A rule that fired.

    Attributes:
        rule: the rule.
        tokens: indices of the tokens that its concepts took, ascending.
    """

    rule: Rule
    tokens: Tuple[int, ...]

    @property
    def first(self) -> int:
        """Index of its first token."""
        return self.tokens[0]

    @property
    def last(self) -> int:
        """Index of its last token."""
        return self.tokens[-1]


class RuleMatcher:
    """Finds concepts with spaCy's PhraseMatcher and lets the rules combine them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._vocab = Vocab()
        self._concepts = self._matcher(lexicon.concepts.values())
        self._figures = self._matcher(lexicon.figures.values())
        self._rules = lexicon.rules
        self._subjects = frozenset(c.id for c in lexicon.concepts.values() if c.subject)
        self._human = lexicon.concepts["person"].phrases if "person" in lexicon.concepts else ()
        self._human_words: FrozenSet[str] = frozenset(p[0] for p in self._human if len(p) == 1)

    def _matcher(self, concepts: Iterable[Concept]) -> PhraseMatcher:
        matcher = PhraseMatcher(self._vocab)
        for concept in concepts:
            docs = [Doc(self._vocab, words=list(p)) for p in concept.phrases]
            if docs:
                matcher.add(concept.id, docs)
        return matcher

    def find(self, reading: Reading) -> List[Match]:
        """All places where a rule fires.

        Args:
            reading: a message as tokens.

        Returns:
            Matches in the order of the rules; one rule may fire in several places.
        """
        if not reading.content:
            return []
        stems = [reading.tokens[i].stem for i in reading.content]
        variants = [stems]
        others = [reading.tokens[i].alternative for i in reading.content]
        if any(others):
            variants.append([other or base for base, other in zip(stems, others)])
        masked: Set[int] = set()
        for spans in self._spans(self._figures, variants).values():
            for first, last in spans:
                masked.update(range(first, last + 1))
        found = self._spans(self._concepts, variants)
        if masked:
            found = {
                concept: [s for s in spans if masked.isdisjoint(range(s[0], s[1] + 1))]
                for concept, spans in found.items()
            }
        matches: List[Match] = []
        for rule in self._rules:
            if all(found.get(concept) for concept in rule.all):
                matches += self._fire(rule, found, reading)
        return matches

    def _spans(self, matcher: PhraseMatcher, variants: Sequence[List[str]]) -> Dict[str, List[Span]]:
        found: Dict[str, Set[Span]] = defaultdict(set)
        for words in variants:
            doc = Doc(self._vocab, words=words)
            for key, start, end in matcher(doc):
                found[self._vocab.strings[key]].add((start, end - 1))
        return {concept: sorted(spans)[:MOST_ANCHORS] for concept, spans in found.items()}

    def _fire(
        self, rule: Rule, found: Dict[str, List[Span]], reading: Reading
    ) -> Iterator[Match]:
        anchor = min(rule.all, key=lambda concept: len(found[concept]))
        others = list(rule.all)
        others.remove(anchor)
        seen: Set[Tuple[int, ...]] = set()
        for span in found[anchor]:
            spans = self._gather(rule, span, others, found, reading)
            if spans is None:
                continue
            indices = sorted({i for first, last in spans for i in range(first, last + 1)})
            taken = tuple(reading.content[i] for i in indices)
            if taken in seen or self._blocked(rule, indices, found, reading):
                continue
            seen.add(taken)
            yield Match(rule, taken)

    def _gather(
        self, rule: Rule, anchor: Span, others: Sequence[str], found: Dict[str, List[Span]],
        reading: Reading,
    ) -> Optional[List[Span]]:
        """The anchor with the nearest span of each other concept; None where one is too far."""
        spans = {rule.all.index(concept): concept for concept in others}
        chosen: List[Span] = [anchor]
        by_part: Dict[int, Span] = {}
        for part, concept in spans.items():
            best: Optional[Span] = None
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
            if any(one[0] > next_[0] for one, next_ in zip(row, row[1:])):
                return None
        return chosen

    def _blocked(
        self, rule: Rule, indices: Sequence[int], found: Dict[str, List[Span]], reading: Reading
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


def _gap(one: Span, other: Span, reading: Reading) -> int:
    """How many places lie between two spans."""
    if one[0] > other[0]:
        one, other = other, one
    return max(0, reading.places[other[0]] - reading.places[one[1]] - 1)
