"""Spelling: words that English does not know, corrected towards a vocabulary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

import jellyfish
from rapidfuzz.distance import DamerauLevenshtein

from assistant.language.segmentation import Segmenter
from assistant.language.words import english_words

_LONGEST = 24  # longer "words" are not looked up


class Speller:
    """Corrects unknown words towards a vocabulary.

    Args:
        vocabulary: words that a correction may become.
        known: words that are right though English does not have them (names of drugs).

    Example:
        >>> Speller(["blood", "coughed", "chest"], []).correct("chets")
        ('chest',)
    """

    def __init__(self, vocabulary: Iterable[str], known: Iterable[str]) -> None:
        self._vocabulary = frozenset(w for w in vocabulary if len(w) >= 3)
        self._known = english_words() | self._vocabulary | frozenset(known)
        self._by_deletes: dict[str, set[str]] = defaultdict(set)
        self._by_sound: dict[str, set[str]] = defaultdict(set)
        for word in self._vocabulary:
            for form in _deletes(word, _limit(word)):
                self._by_deletes[form].add(word)
            if len(word) >= 4:
                self._by_sound[jellyfish.metaphone(word)].add(word)
        self._segmenter = Segmenter(self._vocabulary | frozenset(known))
        self.correct = lru_cache(maxsize=20_000)(self._correct)

    def is_known(self, word: str) -> bool:
        """Whether the word needs no correction."""
        return word in self._known

    def _correct(self, word: str) -> tuple[str, ...]:
        """At most two words it may stand for, the nearest first; none for a known word."""
        if word in self._known or len(word) < 4 or not word.isalpha():
            return ()
        if len(word) > _LONGEST:
            return self._run_on(word)
        limit = _limit(word)
        near: set[str] = set()
        for form in _deletes(word, limit):
            near |= self._by_deletes.get(form, set())
        alike: set[str] = set()
        if len(word) >= 4 and word.isascii():
            alike = self._by_sound.get(jellyfish.metaphone(word), set())
        ranked: list[tuple[float, str]] = []
        for candidate in near | alike:
            sounds = candidate in alike
            distance = DamerauLevenshtein.distance(word, candidate)
            most = max(limit, 3 if len(candidate) > 4 else 2) if sounds else limit
            if distance > most or abs(len(word) - len(candidate)) > 2:
                continue
            if word[0] != candidate[0] and not sounds and len(word) < 6:
                continue
            ranked.append((distance - sounds, candidate))
        ranked.sort()
        return tuple(candidate for _, candidate in ranked[:2]) or self._run_on(word)

    def _run_on(self, word: str) -> tuple[str, ...]:
        """Words written as one ("cantfeel"), joined by blanks; at least one ours."""
        parts = self._segmenter.split(word)
        return (" ".join(parts),) if any(part in self._vocabulary for part in parts) else ()


def _limit(word: str) -> int:
    """How many slips a word of this length may hold."""
    return 0 if len(word) < 3 else 1 if len(word) < 7 else 2


@lru_cache(maxsize=20_000)
def _deletes(word: str, most: int) -> frozenset[str]:
    """The word and all it becomes when up to `most` letters go."""
    forms = {word}
    for size in range(1, min(most, len(word) - 1) + 1):
        for gone in combinations(range(len(word)), size):
            forms.add("".join(c for i, c in enumerate(word) if i not in gone))
    return frozenset(forms)
