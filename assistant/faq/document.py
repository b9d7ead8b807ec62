"""Reviewed texts on disk: Markdown under YAML front matter, read with line numbers.

Corpus entries and red-flag advice share this form, its sources and its review state.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from assistant.site import PLACEHOLDERS, stray_braces, unknown_placeholders

FENCE = "---"
REVIEW_STATES = ("draft", "reviewed")


class ContentError(Exception):
    """A content file is faulty: says file, line, what was found and what is allowed."""

    def __init__(self, file: Path, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.problem = problem


@dataclass(frozen=True)
class Source:
    """A document that supports a text."""

    key: str
    title: str
    publisher: str

    @property
    def shown(self) -> str:
        """As a patient reads it."""
        return f"{self.title} ({self.publisher})"


@dataclass(frozen=True)
class Review:
    """Whether a clinician has signed a text.

    Attributes:
        state: `draft` until a clinician has signed it, then `reviewed`.
        by: The clinician, None for a draft.
        on: The day of the signature, None for a draft.
        due: The day by which it must be read again, None for a draft.
        note: Why a text whose file says `reviewed` counts as a draft all the same.
    """

    state: str
    by: str | None = None
    on: dt.date | None = None
    due: dt.date | None = None
    note: str | None = None

    def overdue(self, today: dt.date) -> bool:
        """Whether the text should have been read again before today."""
        return self.due is not None and self.due < today


class Document:
    """One file, split into front matter and body, that checks what is asked of it.

    Args:
        file: The file to read.

    Raises:
        ContentError: If it is no UTF-8, has no front matter, or its front matter is no mapping.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ContentError(
                file, 1, f"is not UTF-8 ({error.reason}); save it as UTF-8"
            ) from error
        lines = text.splitlines()
        if not lines or lines[0] != FENCE or FENCE not in lines[1:]:
            raise ContentError(file, 1, f"must begin with front matter between two lines {FENCE!r}")
        end = lines.index(FENCE, 1)
        self.body = "\n".join(lines[end + 1 :]).strip()
        self.body_line = end + 2
        try:
            front = YAML().load("\n".join(lines[1:end]))
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 2
            raise ContentError(
                file, line, f"is no YAML: {getattr(error, 'problem', error)}"
            ) from error
        if not isinstance(front, dict):
            raise ContentError(file, 2, f"front matter must be `key: value`, found {front!r}")
        self._front: Any = front

    def fail(self, key: str | None, problem: str) -> ContentError:
        """Returns the error for a key of the front matter, or for the body (None)."""
        if key is None:
            return ContentError(self.file, self.body_line, problem)
        # The fence and counting from 1 make the two.
        line = _marks(self._front).key(key)[0] + 2 if key in self._front else 2
        return ContentError(self.file, line, problem)

    def has(self, key: str) -> bool:
        """Whether the front matter holds a key."""
        return key in self._front

    def allow(self, keys: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuses a front matter with other keys, or without one that is not optional."""
        for key in self._front:
            if key not in (*keys, *optional):
                allowed = ", ".join((*keys, *optional))
                raise self.fail(key, f"unknown key {key!r}; allowed are {allowed}")
        for key in keys:
            if key not in self._front:
                raise self.fail(key, f"key {key!r} is missing; needed are {', '.join(keys)}")

    def text(self, key: str) -> str:
        """Returns a non-empty text."""
        value = self._front[key]
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, f"{key} must be a text, found {value!r}")
        return str(value)

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Returns a text that is one of a closed list."""
        value = self.text(key)
        if value not in allowed:
            raise self.fail(key, f"{key} {value!r} is unknown; allowed are {', '.join(allowed)}")
        return value

    def texts(self, key: str, at_least: int) -> tuple[str, ...]:
        """Returns a list of non-empty texts, none of them twice (case aside)."""
        values = self._front[key]
        if not isinstance(values, list) or len(values) < at_least:
            found = len(values) if isinstance(values, list) else repr(values)
            raise self.fail(key, f"{key} must list at least {at_least} texts, found {found}")
        seen: set[str] = set()
        for number, value in enumerate(values):
            line = _marks(values).item(number)[0] + 2
            if not isinstance(value, str) or not value.strip():
                raise ContentError(self.file, line, f"{key} must be texts, found {value!r}")
            if value.casefold() in seen:
                raise ContentError(self.file, line, f"{key} holds {value!r} twice; keep one")
            seen.add(value.casefold())
        return tuple(str(value) for value in values)

    def sources(self, key: str, known: dict[str, Source]) -> tuple[Source, ...]:
        """Returns the sources that a list of keys names."""
        for name in self.texts(key, at_least=1):
            if name not in known:
                raise self.fail(key, f"source {name!r} is unknown; allowed are {', '.join(known)}")
        return tuple(known[name] for name in self.texts(key, at_least=1))

    def review(self, key: str = "review") -> Review:
        """Returns the review state; `reviewed` needs who, when and when next."""
        given = self._front[key]
        if not isinstance(given, dict) or given.get("state") not in REVIEW_STATES:
            raise self.fail(key, f"review.state must be one of {', '.join(REVIEW_STATES)}")
        if given["state"] == "draft":
            if given.keys() != {"state"}:
                raise self.fail(
                    key, "a draft has no reviewer and no dates: keep `state: draft` only"
                )
            return Review("draft")
        dates_right = all(type(given.get(day)) is dt.date for day in ("on", "due"))
        if given.keys() != {"state", "by", "on", "due"} or not given["by"] or not dates_right:
            raise self.fail(key, "a review needs by (a name), on and due (days like 2026-11-21)")
        return Review("reviewed", str(given["by"]), given["on"], given["due"])

    def check_placeholders(self, text: str) -> None:
        """Refuses names in braces that no site has."""
        for name in unknown_placeholders(text):
            raise self.fail(None, f"placeholder {{{name}}} is unknown; allowed are {_allowed()}")
        if stray_braces(text):
            raise self.fail(
                None,
                f"a brace without its partner ({stray_braces(text)!r}); allowed are {_allowed()}",
            )


def _allowed() -> str:
    return ", ".join(f"{{{known}}}" for known in sorted(PLACEHOLDERS))


def _marks(node: Any) -> Any:
    """Where the parts of a YAML list or mapping stand: ruamel keeps it, its types do not say so."""
    return node.lc


def load_sources(file: Path) -> dict[str, Source]:
    """Reads the list of sources (`sources.yml`), keyed as entries name them.

    Raises:
        ContentError: If the file is faulty.
    """
    try:
        given = YAML().load(file.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ContentError(file, 1, f"is no YAML: {error}") from error
    if not isinstance(given, dict):
        raise ContentError(file, 1, "must map a key to title and publisher")
    sources = {}
    for key, value in given.items():
        line = _marks(given).key(key)[0] + 1
        if not isinstance(value, dict) or not value.get("title") or not value.get("publisher"):
            raise ContentError(file, line, f"source {key!r} needs title and publisher")
        sources[key] = Source(str(key), str(value["title"]), str(value["publisher"]))
    return sources
