"""The lexicon: reviewed data (lexicon/*.yml) read, checked and compiled.

A *concept* names one thing in many words ("limb", "lost-feeling"). A *rule* fires where all its
concepts stand close together. A *figure* is a way of speaking whose words no rule may use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.red_flags.folding import fold
from assistant.red_flags.lexicon_file import Entry, LexiconError, read_yaml
from assistant.red_flags.mention import STATUSES, Status, categories
from assistant.red_flags.terms import listed, spellings, term_words
from assistant.red_flags.tokens import Words, join_same, plain, split, stem

__all__ = ["Concept", "Lexicon", "LexiconError", "Rule", "Trigger", "load_lexicon"]

LEXICON_FOLDER = Path(__file__).parent / "lexicon"
DEFAULT_WITHIN = 5
LEAST_MATCH, LEAST_NO_MATCH = 3, 2

_KEYS = {
    "concept": {"id", "literal", "terms", "includes", "subject"},
    "rule": {
        "id",
        "literal",
        "all",
        "within",
        "ordered",
        "unless",
        "status",
        "weak",
        "source",
        "reviewed",
        "match",
        "no_match",
    },
    "figure": {"id", "literal", "terms"},
    "trigger": {"id", "literal", "status", "direction", "reach", "terms"},
}
_DIRECTIONS = ("before", "after", "anywhere", "sentence")
_TRIGGER_KINDS = (
    *STATUSES,
    "pseudo",
    "person",
    "time",
    "break",
    "resolved",
    "old",
    "recent",
    "claim",
)

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Concept:
    """One thing in many words. `subject`: it blocks what is said of it (a pet, a machine)."""

    id: str
    literal: str
    phrases: frozenset[Phrase]
    subject: bool = False


@dataclass(frozen=True)
class Rule:
    """Fires where all concepts stand within so many words of each other.

    A weak rule also needs that the classifier does not hold the message for harmless.
    """

    id: str
    literal: str
    category: str
    all: tuple[str, ...]
    within: int
    ordered: bool
    unless: tuple[str, ...]
    status: Status | None
    weak: bool
    source: str
    reviewed: str | None
    match: tuple[str, ...]
    no_match: tuple[str, ...]


@dataclass(frozen=True)
class Trigger:
    """Words that tell a mention's status, and which way and how far they reach."""

    id: str
    status: str
    direction: str
    reach: int
    phrases: frozenset[Phrase]


@dataclass(frozen=True)
class Lexicon:
    """The compiled lexicon."""

    words: Words
    known: frozenset[str]
    concepts: Mapping[str, Concept]
    figures: Mapping[str, Concept]
    rules: tuple[Rule, ...]
    triggers: tuple[Trigger, ...]
    surface: frozenset[str] = field(default=frozenset())


def load_lexicon(folder: Path = LEXICON_FOLDER) -> Lexicon:
    """Reads and checks all files of a lexicon.

    Args:
        folder: holds words.yml, status.yml, figures.yml, concepts/*.yml and rules/<category>.yml.

    Raises:
        LexiconError: names file, line, what was found and what is allowed.
    """
    builder = _Builder(folder)
    builder.read_words()
    for path in sorted((folder / "concepts").glob("*.yml")):
        builder.read_concepts(path)
    builder.read_figures()
    for path in sorted((folder / "rules").glob("*.yml")):
        builder.read_rules(path)
    builder.read_triggers()
    return builder.lexicon()


class _Builder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = Words({}, frozenset(), {})
        self.known: frozenset[str] = frozenset()
        self.concepts: dict[str, Concept] = {}
        self.figures: dict[str, Concept] = {}
        self.rules: dict[str, Rule] = {}
        self.triggers: list[Trigger] = []
        self.surface: set[str] = set()

    def lexicon(self) -> Lexicon:
        return Lexicon(
            self.words,
            self.known,
            self.concepts,
            self.figures,
            tuple(self.rules.values()),
            tuple(self.triggers),
            frozenset(self.surface),
        )

    def read_words(self) -> None:
        data = read_yaml(self.folder / "words.yml")
        if not isinstance(data, dict):
            raise LexiconError(self.folder / "words.yml", 1, data, "a mapping")
        same: dict[tuple[str, ...], str] = {}
        for canonical, others in data["same"].items():
            if canonical == "__line__":
                continue
            for spelling in listed(others):
                key = tuple(plain(w) for w, _, _ in split(fold(spelling)))
                same[key] = str(canonical)
        for written, canonical in same.items():
            if same.get((canonical,), canonical) != canonical:
                raise LexiconError(
                    self.folder / "words.yml",
                    int(data["same"]["__line__"]),
                    f"{' '.join(written)} -> {canonical} -> {same[(canonical,)]}",
                    "a canonical word that is no other word's spelling",
                )
        self.words = Words(
            same=same,
            fillers=frozenset(listed(data["fillers"])),
            whole={
                form: base
                for base, forms in data["whole"].items()
                if base != "__line__"
                for form in listed(forms)
            },
        )
        self.known = frozenset(listed(data["known"]))

    def read_concepts(self, path: Path) -> None:
        for entry in _entries(path, "concept"):
            concept = entry.text("id")
            if concept in self.concepts:
                raise entry.error("id", concept, "an id that no other concept has")
            phrases = self._phrases(entry, entry.optional("terms") or "")
            for other in entry.listed("includes"):
                if other not in self.concepts:
                    raise entry.error("includes", other, "an id of a concept that stands above")
                phrases |= self.concepts[other].phrases
            if not phrases:
                raise entry.error("terms", None, "at least one term")
            self.concepts[concept] = Concept(
                concept, entry.text("literal"), phrases, bool(entry.optional("subject"))
            )

    def read_figures(self) -> None:
        for entry in _entries(self.folder / "figures.yml", "figure"):
            phrases = self._phrases(entry, entry.text("terms"), surface=False)
            self.figures[entry.text("id")] = Concept(
                entry.text("id"), entry.text("literal"), phrases
            )

    def read_rules(self, path: Path) -> None:
        category = path.stem
        if category not in categories():
            raise LexiconError(path, 1, category, "a file name of " + ", ".join(categories()))
        for entry in _entries(path, "rule"):
            rule = self._rule(entry, category)
            if rule.id in self.rules:
                raise entry.error("id", rule.id, "an id that no other rule has")
            self.rules[rule.id] = rule

    def _rule(self, entry: Entry, category: str) -> Rule:
        rule_id = entry.text("id")
        parts = [self._part(entry, rule_id, i, p) for i, p in enumerate(entry.items("all"))]
        for blocker in entry.listed("unless"):
            if blocker not in self.concepts:
                raise entry.error("unless", blocker, "a concept's id")
        status = entry.optional("status")
        if status is not None and status not in STATUSES:
            raise entry.error("status", status, ", ".join(STATUSES))
        match, no_match = entry.listed("match"), entry.listed("no_match")
        if len(match) < LEAST_MATCH:
            raise entry.error("match", f"{len(match)} messages", f"at least {LEAST_MATCH}")
        if len(no_match) < LEAST_NO_MATCH:
            raise entry.error("no_match", f"{len(no_match)} messages", f"at least {LEAST_NO_MATCH}")
        within = entry.optional("within")
        if within is not None and (not isinstance(within, int) or not 0 <= within <= 40):
            raise entry.error("within", within, "a number of words from 0 to 40")
        return Rule(
            id=rule_id,
            literal=entry.text("literal"),
            category=category,
            all=tuple(parts),
            within=DEFAULT_WITHIN if within is None else within,
            ordered=bool(entry.optional("ordered")),
            unless=tuple(entry.listed("unless")),
            status=status,
            weak=bool(entry.optional("weak")),
            source=entry.text("source"),
            reviewed=entry.optional("reviewed"),
            match=tuple(match),
            no_match=tuple(no_match),
        )

    def _part(self, entry: Entry, rule_id: str, number: int, part: Any) -> str:
        """The concept's id; inline terms become a concept of the rule's own."""
        if isinstance(part, str):
            if part not in self.concepts:
                raise entry.error("all", part, 'a concept\'s id, or {terms: "..."}')
            return part
        if not isinstance(part, dict) or set(part) - {"__line__"} != {"terms"}:
            raise entry.error("all", part, 'a concept\'s id, or {terms: "..."}')
        own = f"{rule_id}#{number}"
        phrases = self._phrases(entry, part["terms"])
        self.concepts[own] = Concept(own, own, phrases)
        return own

    def read_triggers(self) -> None:
        for entry in _entries(self.folder / "status.yml", "trigger"):
            status, direction = entry.text("status"), entry.optional("direction") or "anywhere"
            if status not in _TRIGGER_KINDS:
                raise entry.error("status", status, ", ".join(_TRIGGER_KINDS))
            if direction not in _DIRECTIONS:
                raise entry.error("direction", direction, ", ".join(_DIRECTIONS))
            phrases = frozenset(
                tuple(form for form, _, _ in self._canonical(spelling))
                for term in listed(entry.text("terms"))
                for spelling in spellings(entry, term)
            )
            self.triggers.append(
                Trigger(entry.text("id"), status, direction, entry.optional("reach") or 8, phrases)
            )

    def _canonical(self, text: str) -> Sequence[tuple[str, int, int]]:
        forms = [term_words(w) for w in re.findall(r"<\w+>|[^\s,<>]+", text)]
        flat = [word for form in forms for word in form]
        return join_same(flat, self.words)

    def _phrases(self, entry: Entry, terms: Any, surface: bool = True) -> frozenset[Phrase]:
        if not isinstance(terms, str):
            raise entry.error("terms", terms, "terms separated by commas")
        found = set()
        for term in listed(terms):
            for spelling in spellings(entry, term):
                canonical = [form for form, _, _ in self._canonical(spelling)]
                kept = [w for w in canonical if w not in self.words.fillers] or canonical
                if not kept:
                    raise entry.error("terms", term, "words")
                ends = {canonical[0], canonical[-1]}
                if not surface and len(canonical) > 1 and ends & self.words.fillers:
                    raise entry.error("terms", spelling, "a figure between two words that count")
                if surface and len(kept) == 1 < len(canonical):
                    raise entry.error(
                        "terms",
                        spelling,
                        f"only {kept[0]!r} of it counts: write "
                        "that word, or more words that are no fillers",
                    )
                if surface:
                    self.surface.update(w for w in kept if w.isalpha())
                found.add(tuple(stem(w, self.words) for w in kept))
        return frozenset(found)


def _entries(path: Path, kind: str) -> list[Entry]:
    data = read_yaml(path)
    if not isinstance(data, list):
        raise LexiconError(path, 1, type(data).__name__, f"a list of {kind}s")
    entries = []
    for item in data:
        if not isinstance(item, dict):
            raise LexiconError(path, 1, item, f"a {kind}: keys and values")
        entry = Entry(path, item)
        unknown = set(item) - _KEYS[kind] - {"__line__"}
        if unknown:
            raise entry.error("key", sorted(unknown), ", ".join(sorted(_KEYS[kind])))
        entries.append(entry)
    return entries
