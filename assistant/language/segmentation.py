"""Segmentation: words that were typed without the blanks between them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from string import ascii_lowercase

from assistant.language.words import english_counts

SHORTEST, LONGEST = 6, 48  # letters of what is looked at
LONGEST_PART = 20
LEAST_COUNT = 150_000  # of a part, among the word list's billions: rarer ones are seldom meant
OWN_COUNT = 2_000_000  # of a word that English lacks and the vocabulary has
_PRONOUNS = ("i", "my", "it", "he", "me", "we", "us", "im")
_PARTICLES = ("a", "an", "in", "on", "of", "to", "no", "so", "up", "at", "as", "by", "if", "or")
_VERBS = ("is", "am", "be", "do", "go")
_SHORT = frozenset({*_PRONOUNS, *_PARTICLES, *_VERBS})
MOST_LOOKED_UP = 12  # words of one text; who writes more of them did not forget blanks
_WORD = re.compile(r"[a-z']+")


class Segmenter:
    """Splits run-on words into the likeliest row of known words.

    Args:
        own: words beside those of English.

    Example:
        >>> Segmenter([]).split("mylegsarenumb")
        ('my', 'legs', 'are', 'numb')
    """

    def __init__(self, own: Iterable[str] = ()) -> None:
        counts = {
            word: count
            for word, count in english_counts().items()
            if (count >= LEAST_COUNT and len(word) > 2) or word in _SHORT
        }
        for word in own:
            if len(word) > 2:
                counts[word] = max(OWN_COUNT, counts.get(word, 0))
        total = math.log(sum(counts.values()))
        self._cost: Mapping[str, float] = {
            word: total - math.log(count) for word, count in counts.items()
        }
        self.split = lru_cache(maxsize=20_000)(self._split)

    def _split(self, word: str) -> tuple[str, ...]:
        """The parts; empty for a word that is known, too short, or no row of known words.

        What is one slip away from a word is that word misspelt: "feelin" is no "feel in".
        """
        if not SHORTEST <= len(word) <= LONGEST or word in self._cost:
            return ()
        if any(other in self._cost for other in _one_slip_away(word)):
            return ()
        # Of each beginning of the word the cheapest row of parts: its cost, and its last part.
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(word) + 1):
            cheapest = (math.inf, 0)
            for start in range(max(0, end - LONGEST_PART), end):
                cost = self._cost.get(word[start:end])
                if cost is not None and best[start][0] + cost < cheapest[0]:
                    cheapest = (best[start][0] + cost, start)
            best.append(cheapest)
        if math.isinf(best[-1][0]):
            return ()
        parts, end = [], len(word)
        while end:
            start = best[end][1]
            parts.append(word[start:end])
            end = start
        return tuple(reversed(parts))


def _one_slip_away(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


@lru_cache(maxsize=1)
def _english() -> Segmenter:
    return Segmenter()


def with_blanks(text: str) -> str:
    """A folded text with blanks put back into its run-on words.

    >>> with_blanks("doc my legsarenumb on denosumab")
    'doc my legs are numb on denosumab'
    """
    known, looked_up = english_counts(), 0

    def put(match: re.Match[str]) -> str:
        nonlocal looked_up
        word = match.group()
        if word in known or len(word) < SHORTEST or looked_up >= MOST_LOOKED_UP:
            return word
        looked_up += 1
        return " ".join(_english().split(word)) or word

    return _WORD.sub(put, text)
