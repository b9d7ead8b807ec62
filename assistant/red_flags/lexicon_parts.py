"""What a lexicon is made of: concepts, rules, triggers, and the sources they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.red_flags.mention import Status
from assistant.red_flags.tokens import Words

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where signs were taken from (lexicon/sources.yml).

    Attributes:
        id: what concepts and rules name.
        title: full title.
        organisation: who published it.
        year: year of the edition; None where it is undated.
        taken: what was taken from it.
        checked: whether its own text was read for what was taken.
        how: how it was checked, or what is still to be read.
    """

    id: str
    title: str
    organisation: str
    year: int | None
    taken: str
    checked: bool
    how: str


@dataclass(frozen=True)
class Wordings:
    """One thing in many words.

    Attributes:
        id: its name.
        literal: the same, or an example, for people.
        phrases: its words, stemmed.
    """

    id: str
    literal: str
    phrases: frozenset[Phrase]


@dataclass(frozen=True)
class Concept(Wordings):
    """One thing in many words, of which rules are made.

    Attributes:
        source: ids of the sources; none for the inline terms of a rule.
        match: texts in which it must be found.
        no_match: texts in which it must not be found.
        subject: it blocks what is said of it (a pet, a machine).
        softens: near it no rule is firm ("same as ever", "carpal tunnel", "the film").
    """

    source: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()
    subject: bool = False
    softens: bool = False


@dataclass(frozen=True)
class Figure(Wordings):
    """A way of speaking whose words no rule may use.

    Attributes:
        match: texts in which it must be found.
    """

    match: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """Fires where all concepts stand within so many words of each other.

    Attributes:
        id: its name; the escalation record keeps it.
        literal: the sign for people.
        category: an id of categories.yml.
        all: ids of concepts.
        within: most words between two of them.
        ordered: whether they stand in this order.
        unless: concepts that block it where they stand in one of its clauses.
        status: the status it says; None leaves it to the triggers.
        weak: whether the classifier may refuse it.
        source: ids of sources.
        reviewed: date of the clinical review; None before it.
        match: messages on which it must fire.
        no_match: messages on which it must not.
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
    source: tuple[str, ...]
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
    """The compiled lexicon.

    Attributes:
        words: spellings, fillers and stems.
        known: words that need no correction.
        concepts: by id; a rule's inline terms are `rule#part`.
        figures: by id.
        rules: in the order of the files.
        triggers: of status.
        surface: words of the terms as written, towards which spelling is corrected.
        sources: by id.
    """

    words: Words
    known: frozenset[str]
    concepts: Mapping[str, Concept]
    figures: Mapping[str, Figure]
    rules: tuple[Rule, ...]
    triggers: tuple[Trigger, ...]
    surface: frozenset[str] = field(default=frozenset())
    sources: Mapping[str, Source] = field(default_factory=dict)
