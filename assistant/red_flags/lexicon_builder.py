"""Checks what the editors wrote in lexicon/*.yml and compiles it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.red_flags.folding import fold
from assistant.red_flags.lexicon_file import LINE, Entry, LexiconError, read_entries, read_yaml
from assistant.red_flags.lexicon_parts import (
    Concept,
    Figure,
    Lexicon,
    Phrase,
    Rule,
    Source,
    Trigger,
)
from assistant.red_flags.mention import STATUSES, categories
from assistant.red_flags.terms import listed, spellings, term_words
from assistant.red_flags.tokens import Words, join_same, plain, split, stem

DEFAULT_WITHIN = 5
MOST_WITHIN = 40
# Of these many examples a concept, a rule and a figure must show.
LEAST_MATCH = {"concept": 2, "rule": 3, "figure": 1}
LEAST_NO_MATCH = {"concept": 1, "rule": 2, "figure": 0}

_KEYS = {
    "source": {"id", "title", "organisation", "year", "taken", "checked", "how"},
    "concept": {
        *("id", "literal", "terms", "includes", "subject", "softens"),
        *("source", "match", "no_match"),
    },
    "rule": {
        *("id", "literal", "all", "within", "ordered", "unless", "status", "weak"),
        *("source", "reviewed", "match", "no_match"),
    },
    "figure": {"id", "literal", "terms", "match"},
    "trigger": {"id", "literal", "status", "direction", "reach", "terms"},
}
_DIRECTIONS = ("before", "after", "anywhere", "sentence")
_TRIGGER_KINDS = (
    *STATUSES,
    *("pseudo", "lost", "person", "time", "break", "resolved", "old", "recent", "claim"),
)


class LexiconBuilder:
    """Reads the files of one folder, one kind after the other, into a lexicon.

    Every reader raises LexiconError where something is missing, unknown or twice.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = Words({}, frozenset(), {})
        self.known: frozenset[str] = frozenset()
        self.sources: dict[str, Source] = {}
        self.concepts: dict[str, Concept] = {}
        self.figures: dict[str, Figure] = {}
        self.rules: dict[str, Rule] = {}
        self.triggers: list[Trigger] = []
        self.surface: set[str] = set()

    def lexicon(self) -> Lexicon:
        """What was read so far."""
        return Lexicon(
            self.words,
            self.known,
            self.concepts,
            self.figures,
            tuple(self.rules.values()),
            tuple(self.triggers),
            frozenset(self.surface),
            self.sources,
        )

    def read_sources(self) -> None:
        """Reads sources.yml: the only sources that concepts and rules may name."""
        for entry in read_entries(self.folder / "sources.yml", "source", _KEYS["source"]):
            if (source := entry.text("id")) in self.sources:
                raise entry.error("id", source, "an id that no other source has")
            year = entry.optional("year")
            if year is not None and not isinstance(year, int):
                raise entry.error("year", year, "a year, or nothing where it is undated")
            self.sources[source] = Source(
                source,
                entry.text("title"),
                entry.text("organisation"),
                year,
                entry.text("taken"),
                entry.truth("checked", required=True),
                entry.text("how"),
            )

    def read_words(self) -> None:
        """Reads words.yml: spellings, fillers, stems and known words."""
        path = self.folder / "words.yml"
        data = read_yaml(path)
        if not isinstance(data, dict):
            raise LexiconError(path, 1, data, "a mapping")
        same: dict[tuple[str, ...], str] = {}
        for canonical, others in data["same"].items():
            if canonical == LINE:
                continue
            for spelling in listed(others):
                same[tuple(plain(w) for w, _, _ in split(fold(spelling)))] = str(canonical)
        for written, canonical in same.items():
            if same.get((canonical,), canonical) != canonical:
                raise LexiconError(
                    path,
                    int(data["same"][LINE]),
                    f"{' '.join(written)} -> {canonical} -> {same[(canonical,)]}",
                    "a canonical word that is no other word's spelling",
                )
        self.words = Words(
            same=same,
            fillers=frozenset(listed(data["fillers"])),
            whole={
                form: base
                for base, forms in data["whole"].items()
                if base != LINE
                for form in listed(forms)
            },
        )
        self.known = frozenset(listed(data["known"]))

    def read_concepts(self, paths: Sequence[Path]) -> None:
        """Reads concept files; a concept may include any other that itself includes none."""
        including: list[Entry] = []
        for path in paths:
            for entry in read_entries(path, "concept", _KEYS["concept"]):
                if entry.text("id") in self.concepts:
                    raise entry.error("id", entry.text("id"), "an id that no other concept has")
                if entry.listed("includes"):
                    including.append(entry)
                else:
                    self._add_concept(entry, frozenset())
        single = frozenset(self.concepts)
        for entry in including:
            phrases: set[Phrase] = set()
            for other in entry.listed("includes"):
                if other not in single:
                    raise entry.error(
                        "includes", other, "an id of a concept that itself includes none"
                    )
                phrases |= self.concepts[other].phrases
            if entry.text("id") in self.concepts:
                raise entry.error("id", entry.text("id"), "an id that no other concept has")
            self._add_concept(entry, frozenset(phrases))

    def _add_concept(self, entry: Entry, included: frozenset[Phrase]) -> None:
        phrases = included | self._phrases(entry, entry.optional("terms") or "")
        if not phrases:
            raise entry.error("terms", None, "at least one term")
        match, no_match = _examples(entry, "concept")
        self.concepts[entry.text("id")] = Concept(
            entry.text("id"),
            entry.text("literal"),
            phrases,
            self._sources(entry),
            match,
            no_match,
            entry.truth("subject"),
            entry.truth("softens"),
        )

    def read_figures(self) -> None:
        """Reads figures.yml."""
        for entry in read_entries(self.folder / "figures.yml", "figure", _KEYS["figure"]):
            figure = entry.text("id")
            if figure in self.figures:
                raise entry.error("id", figure, "an id that no other figure has")
            phrases = self._phrases(entry, entry.text("terms"), surface=False)
            match, _ = _examples(entry, "figure")
            self.figures[figure] = Figure(figure, entry.text("literal"), phrases, match)

    def read_rules(self, path: Path) -> None:
        """Reads the rules of one category, which the file's name says."""
        category = path.stem
        if category not in categories():
            raise LexiconError(path, 1, category, "a file name of " + ", ".join(categories()))
        for entry in read_entries(path, "rule", _KEYS["rule"]):
            if (rule := self._rule(entry, category)).id in self.rules:
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
        match, no_match = _examples(entry, "rule")
        within = entry.optional("within")
        if within is not None and (not isinstance(within, int) or not 0 <= within <= MOST_WITHIN):
            raise entry.error("within", within, f"a number of words from 0 to {MOST_WITHIN}")
        return Rule(
            id=rule_id,
            literal=entry.text("literal"),
            category=category,
            all=tuple(parts),
            within=DEFAULT_WITHIN if within is None else within,
            ordered=entry.truth("ordered"),
            unless=tuple(entry.listed("unless")),
            status=status,
            weak=entry.truth("weak"),
            source=self._sources(entry),
            reviewed=entry.optional("reviewed"),
            match=match,
            no_match=no_match,
        )

    def _part(self, entry: Entry, rule_id: str, number: int, part: Any) -> str:
        """The concept's id; inline terms become a concept of the rule's own."""
        if isinstance(part, str):
            if part not in self.concepts:
                raise entry.error("all", part, 'a concept\'s id, or {terms: "..."}')
            return part
        if not isinstance(part, dict) or set(part) - {LINE} != {"terms"}:
            raise entry.error("all", part, 'a concept\'s id, or {terms: "..."}')
        own = f"{rule_id}#{number}"
        phrases = self._phrases(entry, part["terms"])
        self.concepts[own] = Concept(own, own, phrases)
        return own

    def _sources(self, entry: Entry) -> tuple[str, ...]:
        """One id, or a list of them; each stands in sources.yml."""
        value = entry.optional("source")
        found = value if isinstance(value, list) and value else [value]
        for source in found:
            if not isinstance(source, str) or source not in self.sources:
                raise entry.error("source", source, ", ".join(self.sources))
        return tuple(found)

    def read_triggers(self) -> None:
        """Reads status.yml."""
        for entry in read_entries(self.folder / "status.yml", "trigger", _KEYS["trigger"]):
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


def _examples(entry: Entry, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The examples that must match, and those that must not."""
    match, no_match = entry.listed("match"), entry.listed("no_match")
    for key, found, least in (
        ("match", match, LEAST_MATCH[kind]),
        ("no_match", no_match, LEAST_NO_MATCH[kind]),
    ):
        if len(found) < least:
            raise entry.error(key, f"{len(found)} messages", f"at least {least}")
    return tuple(match), tuple(no_match)
