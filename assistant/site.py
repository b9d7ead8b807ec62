"""The site's own names and numbers, and how they get into texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.paths import site_file

_LOCALE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class SiteError(Exception):
    """The site's settings cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Site:
    """What `site.yml` says; each text reads inside a sentence ("Call {cancer_line}").

    Attributes:
        retention_days: Days for which conversations and records are kept.
        withdraw: Answers that patients do not get: `nothing`, `overdue` ones (their review is
            past its day) or `unreviewed` ones (overdue, or never signed). Red-flag advice stays.
    """

    hospital: str
    care_team: str
    emergency_number: str
    cancer_line: str
    out_of_hours_line: str
    crisis_line: str
    hours: str
    locale: str
    retention_days: int
    withdraw: str = "nothing"


WITHDRAWALS = ("nothing", "overdue", "unreviewed")
PLACEHOLDERS = frozenset(
    field.name
    for field in fields(Site)
    if field.name not in ("locale", "retention_days", "withdraw")
)


def load_site(file: Path | None = None) -> Site:
    """Reads the site's settings, anew only when the file has changed.

    Args:
        file: A settings file; by default the site's own.

    Raises:
        SiteError: If it is missing, or a setting is missing, unknown or of the wrong kind.
    """
    file = file or site_file()
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise SiteError(
            f"{file}: cannot be read ({error.strerror}); copy site.yml of this repository there"
        ) from error
    return _parse(file, changed)


@lru_cache(maxsize=4)
def _parse(file: Path, changed: int) -> Site:
    try:
        given: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SiteError(f"{file}: is no YAML in UTF-8: {error}") from error
    if not isinstance(given, dict):
        raise SiteError(
            f"{file}: expected settings (`hospital: ...`), found {type(given).__name__}"
        )
    allowed = {field.name for field in fields(Site)}
    for name in sorted(allowed - given.keys() - {"withdraw"}):
        raise SiteError(f"{file}: {name} is missing; needed are {', '.join(sorted(allowed))}")
    for name in sorted(given.keys() - allowed):
        raise SiteError(f"{file}: {name} is unknown; allowed are {', '.join(sorted(allowed))}")
    for name in PLACEHOLDERS:
        value = given[name]
        if not isinstance(value, str) or not value.strip() or _PLACEHOLDER.search(value):
            raise SiteError(
                f"{file}: {name} must be a text in quotes without braces, found {value!r}"
            )
    if not isinstance(given["locale"], str) or not _LOCALE.fullmatch(given["locale"]):
        raise SiteError(f"{file}: locale must be like en-GB, found {given['locale']!r}")
    days = given["retention_days"]
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise SiteError(f"{file}: retention_days must be a whole number from 1, found {days!r}")
    if given.get("withdraw", "nothing") not in WITHDRAWALS:
        raise SiteError(
            f"{file}: withdraw must be one of {', '.join(WITHDRAWALS)}, found {given['withdraw']!r}"
        )
    return Site(**given)


def unknown_placeholders(text: str) -> list[str]:
    """Returns the names in braces that no site has, in order: `["cancer_lime"]`.

    >>> unknown_placeholders("Call {cancer_line} or {cancer_lime}.")
    ['cancer_lime']
    """
    return [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]


def stray_braces(text: str) -> str | None:
    """Returns the words at a brace that belongs to no placeholder, or None.

    >>> stray_braces("Ask {care_team about it")
    '{care_team about it'
    """
    rest = _PLACEHOLDER.sub("", text)
    found = re.search(r"[{}].{0,20}", rest)
    return found[0] if found else None


def fill(text: str, site: Site) -> str:
    """Puts the site's names and numbers into a text; no brace survives.

    A placeholder that no site has reads as the care team: patients never see braces.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1] if match[1] in PLACEHOLDERS else "care_team"
        return str(getattr(site, name))

    return _PLACEHOLDER.sub(value, text).replace("{", "").replace("}", "")
