"""Red-flag words in other languages: a screen for messages that the English rules cannot read.

It looks for words and short phrases alone and gives no status: a match counts as present, the
higher of two readings where nothing tells them apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from assistant.red_flags.folding import Folded, fold
from assistant.red_flags.foreign_file import FOLDER, ForeignRule, Part, load_rules
from assistant.red_flags.lexicon_file import LexiconError

# Words of scripts that are neither Latin nor Chinese, without their digits and punctuation.
_OTHER = (
    "\u0370-\u052f\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f"
    "\u0900-\u0963\u0970-\u0dff\ufb50-\ufdff\ufe70-\ufefc"
)
_WORD = re.compile(f"[{_OTHER}](?:[{_OTHER}]|[\u200c\u200d](?=[{_OTHER}]))*|[\u3400-\u9fff]|\\d+")
_NO_LATIN = re.compile(f"[{_OTHER}\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff5a]")
_FOLDED_WORD = re.compile("[a-z]+|[0-9]+")
_FOLDED_LETTERS = re.compile("[a-z]+")
_SENTENCE_END = re.compile(
    "[!?;\n\u061f\u061b\u06d4\u0964\u3002\uff01\uff1f]|(?<![.0-9])\\.(?![.0-9])"
)
_BREAK = 20  # places that the end of a sentence takes: more than any gap
# Marks that writers leave out, and letters that keyboards exchange.
_DROPPED = re.compile(
    "[\u0640\u064b-\u065f\u0670\u093c\u0981\u09bc\u0a3c\u0a71\u0abc\u200c\u200d\u0300-\u036f]"
)
_ALIKE = str.maketrans(
    "\u0623\u0625\u0622\u0671\u0649\u06cc\u06d2\u06d0\u0624\u0629\u06c1\u06be\u06c3\u06c2\u06a9\u06ba"
    "\u0451\u0901\u0a02\u0a81",
    "\u0627\u0627\u0627\u0627\u064a\u064a\u064a\u064a\u0648\u0647\u0647\u0647\u0647\u0647\u0643\u0646"
    "\u0435\u0902\u0a70\u0a82",
)

_JOINED_ON = "\u0648\u0641"  # Arabic writes "and" and "so" onto the next word


@dataclass(frozen=True)
class ForeignMatch:
    """A phrase that was found.

    Attributes:
        category: an id of categories.yml.
        language: ISO 639-1.
        rule: language and category, `es/cord-compression`.
        start: where it begins in the original text.
        end: where it ends in the original text.
    """

    category: str
    language: str
    rule: str
    start: int
    end: int


@dataclass(frozen=True)
class _Word:
    """A word with its span in the original; places count on over the end of a sentence."""

    form: str
    start: int
    end: int
    place: int = 0


@dataclass
class _Node:
    """A place in the tree of all rows of words."""

    whole: dict[str, _Node] = field(default_factory=dict)
    begun: dict[str, _Node] = field(default_factory=dict)  # words of which any ending is taken
    lengths: tuple[int, ...] = ()  # of the keys of `begun`
    parts: list[int] = field(default_factory=list)  # that end here


class ForeignWords:
    """Finds red-flag phrases of other languages.

    Args:
        folder: the word lists, one `<code>.yml` a language.

    Raises:
        LexiconError: a word list is faulty.

    Example:
        >>> (found,) = ForeignWords().find("desde ayer no siento las piernas")
        >>> found.rule, found.start, found.end
        ('es/cord-compression', 11, 32)
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.rules: tuple[ForeignRule, ...] = load_rules(folder)
        self._root = _Node()
        self._numbers: dict[Part, int] = {}
        # Of every part the phrases it stands in: number of the phrase, its place there.
        self._uses: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._phrases: list[tuple[ForeignRule, int]] = []  # rule, number of parts
        for rule in self.rules:
            for parts in rule.phrases:
                for place, part in enumerate(parts):
                    self._uses[self._number(folder, rule, part)].append((len(self._phrases), place))
                self._phrases.append((rule, len(parts)))

    def find(self, text: str, folded: Folded | None = None) -> tuple[ForeignMatch, ...]:
        """Every phrase in a text, in the text's order.

        Args:
            text: the patient's message, of any length.
            folded: the same text folded, where the caller has it.

        Returns:
            Matches; those of one rule that overlap are joined.
        """
        words = _words(text, folded)
        # Of every phrase and number of parts found so far: its first and its last word.
        reached: dict[tuple[int, int], tuple[int, int]] = {}
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        rules: dict[str, ForeignRule] = {}
        for number, first, last in sorted(self._hits(words), key=lambda hit: (hit[2], hit[1])):
            for phrase, place in self._uses[number]:
                rule, size = self._phrases[phrase]
                begin = first
                if place:
                    before = reached.get((phrase, place - 1))
                    if before is None or before[1] >= first:
                        continue
                    if words[first].place - words[before[1]].place - 1 > rule.gap:
                        continue
                    begin = before[0]
                if place == size - 1:
                    rules[rule.id] = rule
                    spans[rule.id].append((begin, last))
                else:
                    reached[phrase, place] = (begin, last)
        found = [
            ForeignMatch(rule.category, rule.language, rule.id, words[a].start, words[b].end)
            for id_, rule in rules.items()
            for a, b in _joined(spans[id_])
        ]
        return tuple(sorted(found, key=lambda match: (match.start, match.end, match.rule)))

    def _hits(self, words: Sequence[_Word]) -> Iterator[tuple[int, int, int]]:
        """Parts in the text: number, first and last word."""
        for first in range(len(words)):
            nodes = [self._root]
            for last in range(first, len(words)):
                if last > first and words[last].place - words[last - 1].place > 1:
                    break
                nodes = [after for node in nodes for after in _next(node, words[last].form)]
                if not nodes:
                    break
                for node in nodes:
                    for number in node.parts:
                        yield number, first, last

    def _number(self, folder: Path, rule: ForeignRule, part: Part) -> int:
        """The number of a part; a new one grows the tree by its rows."""
        if part in self._numbers:
            return self._numbers[part]
        number = self._numbers[part] = len(self._numbers)
        for row in part:
            node = self._root
            for written in row.split():
                forms = [word.form for word in _words(written.rstrip("*"), None)]
                if not forms:
                    file = folder / f"{rule.language}.yml"
                    raise LexiconError(file, 0, f"{rule.id}: {row}", "words with letters")
                for form in forms[:-1]:
                    node = node.whole.setdefault(form, _Node())
                if written.endswith("*"):
                    node.lengths = tuple(sorted({*node.lengths, len(forms[-1])}))
                    node = node.begun.setdefault(forms[-1], _Node())
                else:
                    node = node.whole.setdefault(forms[-1], _Node())
            node.parts.append(number)
        return number


@lru_cache(maxsize=1)
def foreign_words() -> ForeignWords:
    """The one of the process, with the word lists that come with the code."""
    return ForeignWords()


def _next(node: _Node, form: str) -> Iterator[_Node]:
    """The places that a word leads to."""
    if form[0] in _JOINED_ON and len(form) > 2:
        yield from _next(node, form[1:])
    after = node.whole.get(form)
    if after is not None:
        yield after
    for length in node.lengths:
        if length > len(form):
            break
        after = node.begun.get(form[:length])
        if after is not None:
            yield after


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _words(text: str, folded: Folded | None) -> list[_Word]:
    """The words of a text: Latin ones as `fold` has them, each Chinese character, other words.

    Folding maps Cyrillic letters to the Latin ones they look like, so those are read unfolded.
    """
    words: list[tuple[str, int, int]] = []
    ascii_only = text.isascii()
    if ascii_only or _LATIN.search(text):
        folded = folded or fold(text)
        for match in (_FOLDED_WORD if ascii_only else _FOLDED_LETTERS).finditer(folded.text):
            start, end = folded.original_span(*match.span())
            if ascii_only or not _NO_LATIN.match(text, start):
                words.append((match.group(), start, end))
    if not ascii_only:
        for match in _WORD.finditer(text):
            words.append((_plain(match.group()), *match.span()))
        words.sort(key=lambda word: word[1])
    placed: list[_Word] = []
    place, before = -1, 0
    for form, start, end in words:
        place += _BREAK if placed and _SENTENCE_END.search(text, before, start) else 1
        placed.append(_Word(form, start, end, place))
        before = end
    return placed


def _plain(word: str) -> str:
    """A word of another script in one spelling."""
    word = unicodedata.normalize("NFKC", word).casefold()
    word = _DROPPED.sub("", word).translate(_ALIKE)
    return str(int(word)) if word.isdecimal() and len(word) < 8 else word
