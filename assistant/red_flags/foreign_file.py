"""Reading the word lists of other languages (`languages/<code>.yml`) and checking them.

A phrase is one or more parts. Within a part `|` stands between alternatives, each a word or a row
of words; `word*` takes any ending. ` ... ` between parts lets other words stand there, ` <> ` does
too and the parts may come in either order. A name in capitals stands for a list under `groups`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from assistant.language.languages import languages
from assistant.red_flags.lexicon_file import LINE, Entry, LexiconError, read_yaml
from assistant.red_flags.mention import categories

FOLDER = Path(__file__).parent / "languages"
GAP = 3  # other words that may stand between two parts
MOST_PARTS = 3
FEWEST = {"emergency": 6, "same-day": 3}  # phrases of an entry, by urgency
ALLOWED = {"id", "source", "reviewed", "phrases", "match", "no_match"}
ALLOWED_OF_FILE = {"gap", "spellings", "groups", "entries"}
_GROUP = re.compile(r"[A-Z][A-Z_]+")
_BETWEEN = re.compile(r"\s+(\.\.\.|<>)\s+")

Part = tuple[str, ...]  # alternatives, each a row of words with blanks between


@dataclass(frozen=True)
class ForeignRule:
    """The phrases of one category in one language.

    Attributes:
        id: language and category, `es/cord-compression`.
        category: an id of categories.yml.
        language: ISO 639-1.
        gap: other words that may stand between two parts.
        phrases: each a row of parts in the order in which they must come.
        match: messages that must match.
        no_match: messages that must not.
    """

    id: str
    category: str
    language: str
    gap: int
    phrases: tuple[tuple[Part, ...], ...]
    match: tuple[str, ...]
    no_match: tuple[str, ...]


def load_rules(folder: Path = FOLDER) -> tuple[ForeignRule, ...]:
    """The rules of all languages that have a file.

    Args:
        folder: holds `<ISO 639-1>.yml` files.

    Raises:
        LexiconError: a file is faulty; the error names file, line, key, and what is allowed.
    """
    rules = [rule for file in sorted(folder.glob("*.yml")) for rule in _load(file)]
    if not rules:
        raise LexiconError(folder, 0, "no file", "a file <language>.yml for each language")
    return tuple(rules)


def _load(file: Path) -> Iterator[ForeignRule]:
    if file.stem not in languages():
        raise LexiconError(file, 0, file.stem, f"a name of {', '.join(languages())}")
    data = read_yaml(file)
    if not isinstance(data, dict):
        raise LexiconError(file, 1, data, f"the keys {', '.join(sorted(ALLOWED_OF_FILE))}")
    head = Entry(file, {"id": file.stem, **data})
    for key in data.keys() - ALLOWED_OF_FILE - {LINE}:
        raise head.error(key, data[key], f"the keys {', '.join(sorted(ALLOWED_OF_FILE))}")
    gap = data.get("gap", GAP)
    if not isinstance(gap, int) or not 0 < gap < 10:
        raise head.error("gap", gap, "a number of words from 1 to 9")
    groups = {key: text.split("|") for key, text in _texts(head, "groups").items()}
    spellings = _texts(head, "spellings")
    seen: set[str] = set()
    for item in head.items("entries"):
        if not isinstance(item, dict):
            raise head.error("entries", item, "entries with id, phrases, match and no_match")
        entry = Entry(file, item)
        category = entry.text("id")
        if category not in categories() or category in seen:
            raise entry.error("id", category, f"once each of {', '.join(categories())}")
        seen.add(category)
        yield _rule(entry, file.stem, category, gap, groups, spellings)


def _texts(head: Entry, key: str) -> dict[str, str]:
    """A mapping of texts to texts that may be missing."""
    given = head.optional(key) or {}
    if not isinstance(given, dict):
        raise head.error(key, given, "names, each with a text")
    for name, text in given.items():
        if name != LINE and not (isinstance(name, str) and isinstance(text, str) and text):
            raise head.error(f"{key}.{name}", text, "a text")
    return {name: text for name, text in given.items() if name != LINE}


def _rule(
    entry: Entry,
    language: str,
    category: str,
    gap: int,
    groups: Mapping[str, list[str]],
    spellings: Mapping[str, str],
) -> ForeignRule:
    for key in entry.data.keys() - ALLOWED - {LINE}:
        raise entry.error(key, entry.data[key], f"the keys {', '.join(sorted(ALLOWED))}")
    entry.text("source")
    phrases: list[tuple[Part, ...]] = []
    written = 0
    for phrase in entry.items("phrases"):
        if not isinstance(phrase, str):
            raise entry.error("phrases", phrase, "texts (quote yes, no and on)")
        rows, count = _parts(entry, phrase, groups, spellings)
        phrases += rows
        written += count
    fewest = FEWEST[categories()[category]]
    if written < fewest:
        raise entry.error("phrases", f"{written} phrases", f"at least {fewest}")
    match, no_match = entry.listed("match"), entry.listed("no_match")
    if len(match) < 2 or not no_match:
        found = f"{len(match)} that match, {len(no_match)} that do not"
        raise entry.error("match", found, "at least two messages, and one under no_match")
    return ForeignRule(
        id=f"{language}/{category}",
        category=category,
        language=language,
        gap=gap,
        phrases=tuple(phrases),
        match=tuple(match),
        no_match=tuple(no_match),
    )


def _parts(
    entry: Entry, phrase: str, groups: Mapping[str, list[str]], spellings: Mapping[str, str]
) -> tuple[list[tuple[Part, ...]], int]:
    """The orders in which a phrase's parts may come, and how many wordings it has."""
    pieces = _BETWEEN.split(phrase)
    marks = set(pieces[1::2])
    if len(marks) > 1 or len(pieces[::2]) > MOST_PARTS:
        raise entry.error("phrases", phrase, f"up to {MOST_PARTS} parts, all by ... or all by <>")
    parts: list[Part] = []
    wordings = 1
    for piece in pieces[::2]:
        rows: list[str] = []
        for row in piece.split("|"):
            row = row.strip()
            if _GROUP.fullmatch(row):
                if row not in groups:
                    raise entry.error("phrases", row, f"a group of {', '.join(groups)}")
                rows += groups[row]
            else:
                rows.append(row)
        if not all(row.strip("* ") for row in rows) or "..." in piece or "<>" in piece:
            raise entry.error("phrases", phrase, "words on both sides of |, ... and <>")
        wordings *= len(rows)
        parts.append(tuple(dict.fromkeys(rows + [_respelt(row, spellings) for row in rows])))
    orders = permutations(parts) if marks == {"<>"} else iter([tuple(parts)])
    return list(orders), wordings


def _respelt(row: str, spellings: Mapping[str, str]) -> str:
    for letter, other in spellings.items():
        row = row.replace(letter, other)
    return row
