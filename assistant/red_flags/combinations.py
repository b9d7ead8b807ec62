"""Combinations: lesser signs that together are an emergency's (lexicon/combinations.yml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.red_flags.findings import LONGEST_WORDS
from assistant.red_flags.lexicon import LEXICON_FOLDER, Lexicon
from assistant.red_flags.lexicon_file import Entry, LexiconError, read_yaml
from assistant.red_flags.mention import Fired, Mention, categories
from assistant.red_flags.phrase_tree import PhraseTree
from assistant.red_flags.reading import Reading

FILE = LEXICON_FOLDER / "combinations.yml"
KEYS = {"id", "literal", "signs", "words", "raises", "source", "reviewed", "match", "no_match"}
LEAST_MATCH, LEAST_NO_MATCH = 2, 2


@dataclass(frozen=True)
class Combination:
    """Signs that stand for an emergency when they come together.

    Attributes:
        signs: categories that must be mentioned as present.
        words: concepts of which the message must hold one each.
        raises: the emergency category.
    """

    id: str
    literal: str
    signs: tuple[str, ...]
    words: tuple[str, ...]
    raises: str
    source: str
    reviewed: str | None
    match: tuple[str, ...]
    no_match: tuple[str, ...]


class Combinations:
    """Finds the combinations in a message whose mentions are known.

    Args:
        lexicon: holds the concepts.
        file: the combinations.

    Raises:
        LexiconError: names file, line, what was found and what is allowed.
    """

    def __init__(self, lexicon: Lexicon, file: Path = FILE) -> None:
        self.all = load_combinations(lexicon, file)
        wanted = {concept for one in self.all for concept in one.words}
        self._finder = PhraseTree({id_: lexicon.concepts[id_].phrases for id_ in wanted})

    def find(self, reading: Reading, mentions: Sequence[Mention]) -> list[Mention]:
        """A mention of the emergency for each combination that the message holds."""
        present = {one.category: one for one in mentions if one.status == "present"}
        possible = [one for one in self.all if set(one.signs) <= present.keys()]
        if not possible:
            return []
        row = [reading.tokens[number].stem for number in reading.content]
        spoken = self._finder.find(row)
        found = []
        for one in possible:
            if all(spoken.get(concept) for concept in one.words):
                words = " + ".join(
                    [present[sign].words for sign in one.signs]
                    + [_first(reading, spoken[concept][0]) for concept in one.words]
                )[:LONGEST_WORDS]
                fired = Fired(f"combination/{one.id}", words)
                found.append(Mention(one.raises, "emergency", "present", "page", words, (fired,)))
        return found


def _first(reading: Reading, span: tuple[int, int]) -> str:
    return reading.words(reading.content[span[0]], reading.content[span[1]])


def load_combinations(lexicon: Lexicon, file: Path = FILE) -> tuple[Combination, ...]:
    """Reads and checks the combinations.

    Raises:
        LexiconError: names file, line, what was found and what is allowed.
    """
    found = []
    for item in read_yaml(file):
        entry = Entry(file, item)
        unknown = set(item) - KEYS - {"__line__"}
        if unknown:
            raise entry.error("key", sorted(unknown), ", ".join(sorted(KEYS)))
        signs, words = entry.listed("signs"), entry.listed("words")
        for sign in signs:
            if sign not in categories():
                raise entry.error("signs", sign, ", ".join(categories()))
        for concept in words:
            if concept not in lexicon.concepts:
                raise entry.error("words", concept, "a concept's id")
        raises = entry.text("raises")
        if categories().get(raises) != "emergency":
            raise entry.error("raises", raises, "a category of urgency emergency")
        if not signs or len(signs) + len(words) < 2:
            raise entry.error("signs", signs, "a sign, and at least one other sign or concept")
        match, no_match = entry.listed("match"), entry.listed("no_match")
        if len(match) < LEAST_MATCH or len(no_match) < LEAST_NO_MATCH:
            raise entry.error(
                "match",
                f"{len(match)} and {len(no_match)} messages",
                f"at least {LEAST_MATCH} that match and {LEAST_NO_MATCH} that do not",
            )
        found.append(
            Combination(
                entry.text("id"),
                entry.text("literal"),
                tuple(signs),
                tuple(words),
                raises,
                entry.text("source"),
                entry.optional("reviewed"),
                tuple(match),
                tuple(no_match),
            )
        )
    if len({one.id for one in found}) < len(found):
        raise LexiconError(file, 1, "an id twice", "ids that no other combination has")
    return tuple(found)
