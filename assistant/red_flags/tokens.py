"""Tokens: the words of a message as the rules read them, each with its place in the original."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

from assistant.red_flags.folding import Folded

_WORD = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*")
# Clitics that carry nothing a rule reads ("mum's legs've gone"); n't stays with its verb.
_CLITIC = re.compile(r"'(?:s|re|ve|m|ll|d)?$")

_THOUSANDS = re.compile(r"\d+[.,]\d{3}")  # 38,000 is no temperature
LONGEST_NUMBER = 8  # characters; what is longer is read as a number of no kind

NUMBER = "<n>"
# A body temperature of a fever, written as a decimal (38.2, 101.3) or a whole number (39, 103).
FEVER = "<fever>"
FEVER_WHOLE = "<feverwhole>"
OLD_YEAR = "<oldyear>"  # 1900 to 1999: long before this illness
YEAR = "<year>"  # 2000 to 2039
UNKNOWN = "_"
MOST_STEMS = 20_000  # words whose stem is kept


@dataclass(frozen=True)
class Token:
    """One word of a message.

    Attributes:
        form: the canonical form, unstemmed ("cant" for "can not").
        stem: what the lexicon's terms are compared with.
        alternative: a second stem it may stand for; None without one.
        filler: True where terms and distances pass over it ("my", "really").
        start: where it begins in the original text.
        end: where it ends in the original text.
        clause: number of its clause.
    """

    form: str
    stem: str
    alternative: str | None
    filler: bool
    start: int
    end: int
    clause: int = 0


@dataclass(frozen=True)
class Words:
    """The shared word list of the lexicon (lexicon/words.yml).

    Attributes:
        same: other spelling (one to three words) -> the canonical word.
        fillers: words that terms and distances pass over.
        whole: words that are never stemmed, or stemmed irregularly -> their stem.
    """

    same: Mapping[tuple[str, ...], str]
    fillers: frozenset[str]
    whole: Mapping[str, str]

    @cached_property
    def longest(self) -> Mapping[str, int]:
        """For each word that begins an other spelling, how many words the longest has."""
        found: dict[str, int] = {}
        for key in self.same:
            found[key[0]] = max(len(key), found.get(key[0], 0))
        return found

    @cached_property
    def stems(self) -> Callable[[str], str]:
        """The stem of a word; a bounded number of them is kept."""
        return lru_cache(MOST_STEMS)(partial(_stem, self.whole))


def split(folded: Folded) -> list[tuple[str, int, int]]:
    """The words of a folded text with their spans in the folded text."""
    return [(m.group(), m.start(), m.end()) for m in _WORD.finditer(folded.text)]


def plain(word: str) -> str:
    """A word without clitic and apostrophes: "mum's" -> "mum", "can't" -> "cant"."""
    if "'" not in word:
        return word
    short = _CLITIC.sub("", word)
    return (short or word).replace("'", "")


def join_same(forms: Sequence[str], words: Words) -> list[tuple[str, int, int]]:
    """Canonical words with the span of words each stands for, longest spelling first."""
    joined: list[tuple[str, int, int]] = []
    i = 0
    while i < len(forms):
        for size in range(words.longest.get(forms[i], 0), 0, -1):
            key = tuple(forms[i : i + size])
            if len(key) == size and key in words.same:
                joined.append((words.same[key], i, i + size))
                i += size
                break
        else:
            joined.append((forms[i], i, i + 1))
            i += 1
    return joined


def stem(word: str, words: Words) -> str:
    """A light stem: plural, -ing, -ed and -ness go, doubled consonants and a last e too.

    Example:
        >>> none = Words({}, frozenset(), {})
        >>> [stem(w, none) for w in ("legs", "tingling", "stopped", "numbness", "chest")]
        ['leg', 'tingl', 'stop', 'numb', 'chest']
    """
    return words.stems(word)


def _stem(whole: Mapping[str, str], word: str) -> str:
    if word in whole:
        return whole[word]
    if len(word) < 4 or not word.isascii():
        return word
    for suffix, least in (("ness", 3), ("ing", 3), ("ied", 3), ("ies", 3), ("ed", 3)):
        if word.endswith(suffix) and len(word) - len(suffix) >= least:
            word = word[: -len(suffix)] + ("y" if suffix in ("ied", "ies") else "")
            if suffix in ("ing", "ed") and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    else:
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word[:-1]
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return word


def number_stem(word: str) -> tuple[str, str | None]:
    """Stem and alternative of a number."""
    if _THOUSANDS.fullmatch(word) or len(word) >= LONGEST_NUMBER:
        return NUMBER, None
    value = float(word.replace(",", "."))
    if word.isdigit() and 1900 <= value < 2000:
        return OLD_YEAR, None
    if word.isdigit() and 2000 <= value < 2040:
        return YEAR, NUMBER
    fever = 37.5 <= value < 43 or 99.7 <= value < 108
    if not fever:
        return NUMBER, None
    decimal = not word.isdigit()
    return NUMBER, FEVER if decimal else FEVER_WHOLE
