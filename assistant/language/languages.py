"""Languages other than English: the line that a patient who writes one of them reads first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.site import stray_braces, unknown_placeholders

LANGUAGES_FILE = Path(__file__).parent / "languages.yml"
NEEDED = ("name", "english", "reviewed", "line")
OPTIONAL = ("romanised",)


class LanguagesError(ValueError):
    """languages.yml holds something that is not allowed; the message says where and what."""

    def __init__(self, file: Path, key: str, found: Any, allowed: str) -> None:
        super().__init__(f"{file}: {key}: found {found!r}; allowed: {allowed}")


@dataclass(frozen=True)
class Language:
    """A language that has a line of its own.

    Attributes:
        code: ISO 639-1.
        name: in the language itself.
        english: in English.
        reviewed: when a speaker signed the line; None for never.
        line: what to do in an emergency and that the assistant reads English only, with the
            placeholder `{emergency_number}`.
        romanised_line: the same in Latin letters; the line again where there is none.
        romanised_words: words in Latin letters that give the language away.
    """

    code: str
    name: str
    english: str
    reviewed: dt.date | None
    line: str
    romanised_line: str
    romanised_words: frozenset[str] = frozenset()

    def line_for(self, text: str) -> str:
        """The line in the letters that a message was written in.

        >>> languages()["pa"].line_for("meriyan lattan sun ho gaiyan")[:15]
        'Je eh emergency'
        """
        return self.romanised_line if text.isascii() else self.line


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Language]:
    """The languages by code, in the file's order.

    Raises:
        LanguagesError: languages.yml holds something that is not allowed.
    """
    return load_languages()


def load_languages(file: Path = LANGUAGES_FILE) -> Mapping[str, Language]:
    """Reads and checks a file of languages.

    Args:
        file: code -> name, english, reviewed, line, and perhaps romanised.

    Raises:
        LanguagesError: It is unreadable, or a key is missing, unknown or of the wrong kind.
    """
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LanguagesError(file, "the file", type(error).__name__, "YAML in UTF-8") from error
    if not isinstance(given, dict) or not given:
        raise LanguagesError(file, "the file", given, "language codes, each with its keys")
    return {code: _language(file, code, data) for code, data in given.items()}


def _language(file: Path, code: Any, data: Any) -> Language:
    if not isinstance(code, str) or len(code) != 2 or not code.islower() or code == "en":
        # YAML reads a bare `no` as False: quote it.
        raise LanguagesError(file, "a code", code, "two small letters of ISO 639-1, in quotes")
    keys = _keys(file, code, data, NEEDED, OPTIONAL)
    romanised = keys.get("romanised")
    line = _line(file, f"{code}.line", keys["line"])
    words: frozenset[str] = frozenset()
    romanised_line = line
    if romanised is not None:
        within = _keys(file, f"{code}.romanised", romanised, ("line", "words"), ())
        romanised_line = _line(file, f"{code}.romanised.line", within["line"])
        words = _words(file, f"{code}.romanised.words", within["words"])
    reviewed = keys["reviewed"]
    if reviewed is not None and not isinstance(reviewed, dt.date):
        raise LanguagesError(file, f"{code}.reviewed", reviewed, "null or a date (2026-11-21)")
    return Language(
        code=code,
        name=_text(file, f"{code}.name", keys["name"]),
        english=_text(file, f"{code}.english", keys["english"]),
        reviewed=reviewed,
        line=line,
        romanised_line=romanised_line,
        romanised_words=words,
    )


def _keys(
    file: Path, key: str, data: Any, needed: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, Any]:
    allowed = ", ".join((*needed, *optional))
    if not isinstance(data, dict):
        raise LanguagesError(file, key, data, f"the keys {allowed}")
    for name in needed:
        if name not in data:
            raise LanguagesError(file, f"{key}.{name}", "nothing", f"the keys {allowed}")
    for name in data:
        if name not in needed and name not in optional:
            raise LanguagesError(file, f"{key}.{name}", name, f"the keys {allowed}")
    return data


def _text(file: Path, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LanguagesError(file, key, value, "a text")
    return value.strip()


def _line(file: Path, key: str, value: Any) -> str:
    line = _text(file, key, value)
    unknown = unknown_placeholders(line)
    stray = stray_braces(line)
    if unknown or stray or "{emergency_number}" not in line:
        found = (unknown or [stray or line])[0]
        raise LanguagesError(file, key, found, "a text with {emergency_number} and no other brace")
    return line


def _words(file: Path, key: str, value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value:
        raise LanguagesError(file, key, value, "a list of words")
    for word in value:
        if not isinstance(word, str) or not word.isalpha() or not word.isascii():
            raise LanguagesError(file, key, word, "words in Latin letters (quote yes, no and on)")
    return frozenset(word.lower() for word in value)
