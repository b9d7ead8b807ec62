"""Reading: a message as tokens and clauses, ready for rules and status triggers."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.language.spelling import Speller
from assistant.red_flags.clauses import Clause, split_clauses
from assistant.red_flags.folding import Folded, fold
from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.tokens import (
    OLD_YEAR,
    UNKNOWN,
    Token,
    join_same,
    number_stem,
    plain,
    split,
    stem,
)

MOST_CORRECTIONS = 400  # unknown words looked up in one message; the rest are read as they are


@dataclass(frozen=True)
class Reading:
    """A message as the rules read it.

    Attributes:
        text: the original.
        folded: the same in one spelling.
        tokens: every word.
        content: indices of the tokens that are no fillers.
        places: of every content token, its place in a row where borders take up room.
        clauses: the clauses, with spans in the folded text.
        spans: of every clause its span in the original.
        complete: False where corrections were given up.
    """

    text: str
    folded: Folded
    tokens: tuple[Token, ...]
    content: tuple[int, ...]
    places: tuple[int, ...]
    clauses: tuple[Clause, ...]
    spans: tuple[tuple[int, int], ...]
    complete: bool = True

    def words(self, first: int, last: int) -> str:
        """The patient's own words from token `first` to token `last`."""
        return self.text[self.tokens[first].start : self.tokens[last].end]


class Reader:
    """Turns texts into readings, with the words of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._words = lexicon.words
        spelled = {word for key in lexicon.words.same for word in key}
        self._speller = Speller(lexicon.surface, lexicon.known | spelled | lexicon.words.fillers)
        self._stems: frozenset[str] = frozenset(
            word
            for concept in (*lexicon.concepts.values(), *lexicon.figures.values())
            for phrase in concept.phrases
            for word in phrase
        )

    def read(self, text: str) -> Reading:
        """Folds, splits and corrects a text."""
        folded = fold(text)
        clauses = split_clauses(folded.text)
        raw = split(folded)
        forms: list[str] = []
        source: list[int] = []  # of every form the raw word it came from
        second: list[str | None] = []
        budget = MOST_CORRECTIONS
        for i, (word, _, _) in enumerate(raw):
            word = plain(word)
            fixed: tuple[str, ...] = ()
            if word.isalpha() and not self._speller.is_known(word):
                if budget > 0:
                    fixed = self._speller.correct(word)
                budget -= 1
            if not fixed and len(word) > 2 and word[-1] == word[-2]:
                fixed = self._unrepeated(word)
            parts = fixed[0].split() if fixed else [word]
            forms += parts
            source += [i] * len(parts)
            second += [fixed[1] if len(fixed) > 1 else None] * len(parts)
        tokens: list[Token] = []
        clause = 0
        for form, first, after in join_same(forms, self._words):
            start, end = raw[source[first]][1], raw[source[after - 1]][2]
            while clause + 1 < len(clauses) and clauses[clause + 1].start <= start:
                clause += 1
            tokens.append(
                self._token(
                    form,
                    second[first] if after - first == 1 else None,
                    folded.origin[start],
                    folded.origin[end - 1] + 1,
                    clause,
                )
            )
        content = tuple(i for i, token in enumerate(tokens) if not token.filler)
        spans = tuple(folded.original_span(c.start, c.end) for c in clauses)
        return Reading(
            text,
            folded,
            tuple(tokens),
            content,
            _places(tokens, content, clauses),
            tuple(clauses),
            spans,
            budget >= 0,
        )

    def _unrepeated(self, word: str) -> tuple[str, ...]:
        """Gives "soo" and "legss" without their last letter, where that is a word."""
        if not self._speller.is_known(word) and self._speller.is_known(word[:-1]):
            return (word[:-1],)
        return ()

    def _token(self, form: str, second: str | None, start: int, end: int, clause: int) -> Token:
        if form[0].isdigit():
            base, alternative = number_stem(form)
            form = OLD_YEAR if base == OLD_YEAR else form
            return Token(form, base, alternative, False, start, end, clause)
        base = stem(form, self._words)
        alternative = stem(second, self._words) if second else None
        return Token(
            form=form,
            # The vocabulary stays closed: spaCy's string store keeps every string it ever saw.
            stem=base if base in self._stems else UNKNOWN,
            alternative=alternative if alternative in self._stems else None,
            filler=form in self._words.fillers,
            start=start,
            end=end,
            clause=clause,
        )


def _places(
    tokens: list[Token], content: tuple[int, ...], clauses: list[Clause]
) -> tuple[int, ...]:
    places: list[int] = []
    place, clause = -1, 0
    for index in content:
        place += 1
        while clause < tokens[index].clause:
            clause += 1
            place += clauses[clause].cost
        places.append(place)
    return tuple(places)
