"""Spelling: words that English does not know, corrected towards the lexicon's vocabulary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import jellyfish
from rapidfuzz.distance import DamerauLevenshtein

_WORD_LIST = "frequency_dictionary_en_82_765.txt"
_LONGEST = 24  # longer "words" are not looked up


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """The word list shipped inside symspellpy, read without importing the package."""
    spec = find_spec("symspellpy")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package symspellpy is missing: its word list is needed")
    text = (Path(spec.origin).parent / _WORD_LIST).read_text(encoding="utf-8-sig")
    return frozenset(line.split(" ", 1)[0] for line in text.splitlines() if line)


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
        self.correct = lru_cache(maxsize=20_000)(self._correct)

    def is_known(self, word: str) -> bool:
        """Whether the word needs no correction."""
        return word in self._known

    def _correct(self, word: str) -> tuple[str, ...]:
        """At most two words it may stand for, the nearest first; none for a known word."""
        if word in self._known or not 4 <= len(word) <= _LONGEST or not word.isalpha():
            return ()
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
        """Two words written as one ("cantfeel"), joined by a blank; at least one ours."""
        if len(word) < 6:
            return ()
        for cut in range(len(word) - 2, 1, -1):
            head, tail = word[:cut], word[cut:]
            ours = head in self._vocabulary or tail in self._vocabulary
            if ours and self._is_part(head) and self._is_part(tail):
                return (f"{head} {tail}",)
        return ()

    def _is_part(self, word: str) -> bool:
        return (
            word in self._vocabulary or word in _SHORT or (len(word) >= 4 and word in self._known)
        )


_SHORT = frozenset(
    [
        "my",
        "is",
        "in",
        "on",
        "it",
        "of",
        "to",
        "no",
        "not",
        "the",
        "and",
        "his",
        "her",
        "for",
        "so",
        "get",
        "got",
        "im",
    ]
)


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
