"""Questions that ask one thing of several named things: "CT or MRI, what does each show?"."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

NAMES = Path(__file__).with_name("names.yml")
MOST_NAMED = 3
FEW_WORDS = 4  # beside the names: "ALP, biopsy, PET: explain"

_OF_EACH = re.compile(
    r"\b(?:each|both|all three|them all|the lot|all of (?:them|these|those)|respectively|versus|vs|"
    r"same question|one by one)\b",
    re.IGNORECASE,
)
# One of them is asked for, or what lies between them.
_COMPARES = re.compile(
    r"\b(?:better|best|worse|stronger|safer|difference|compared?|instead|rather|same as|which)\b",
    re.IGNORECASE,
)
_JOINING = re.compile(r"(?:\s*(?:,|/|&|\+|\band\b|\bor\b|\bvs\b\.?|\bversus\b)\s*)+", re.IGNORECASE)


def one_by_one(text: str) -> list[str]:
    """The message once for each thing it names, without the other names.

    Empty where fewer than two things are named, or the message does not ask of each.

    >>> one_by_one("CT or MRI, what does each show?")
    ['CT what does each show?', 'MRI what does each show?']
    >>> one_by_one("is denosumab or Zometa better?")
    []
    >>> one_by_one("what can the MRI see that the x-ray cannot?")
    []
    """
    found: list[tuple[int, int, str]] = []
    for entry, pattern in _names().items():
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((*match.span(), entry))
    found.sort()
    entries = list(dict.fromkeys(entry for _, _, entry in found))
    others = len(text.split()) - len(found)
    of_each = _OF_EACH.search(text) or (others <= FEW_WORDS and not _COMPARES.search(text))
    if not 2 <= len(entries) <= MOST_NAMED or not of_each:
        return []
    return [_without(text, [span for span in found if span[2] != kept]) for kept in entries]


def _without(text: str, spans: list[tuple[int, int, str]]) -> str:
    for start, end, _ in reversed(spans):
        text = text[:start] + text[end:]
    return " ".join(_JOINING.sub(" ", text).split())


@lru_cache(maxsize=1)
def _names() -> dict[str, re.Pattern[str]]:
    names = yaml.safe_load(NAMES.read_text(encoding="utf-8"))
    return {
        # The longest first: "ordinary radiotherapy" before "radiotherapy".
        entry: re.compile(rf"\b(?:{'|'.join(sorted(own, key=len, reverse=True))})\b", re.IGNORECASE)
        for entry, own in names.items()
    }
