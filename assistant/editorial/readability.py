"""How long and how hard to read a text is, as a patient sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import textstat

_BULLET = re.compile(r"^\s*- (.*?)[.:;,]?$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\w+\}")
# What a hospital puts in is short, so the words that we ship in its place ("your emergency number
# (999 in the UK, ...)") are not measured.
_STANDS_FOR = {"{care_team}": "your cancer team", "{hours}": "in working hours"}
_HEADING = re.compile(r"^#+ .*$", re.MULTILINE)


@dataclass(frozen=True)
class Readability:
    """How long and how hard a text is.

    Attributes:
        words: How many, placeholders filled in.
        grade: Flesch-Kincaid grade (US school years; Kincaid et al. 1975), by textstat.
    """

    words: int
    grade: float


def plain_text(markdown: str) -> str:
    r"""Returns a text as it is read: placeholders filled in, bullets as sentences.

    >>> plain_text("Call {cancer_line} for:\n- **new** pain;")
    'Call your number for:\nnew pain.'
    """
    text = _PLACEHOLDER.sub(
        lambda found: _STANDS_FOR.get(found[0], "your number"), _HEADING.sub("", markdown)
    )
    return _BULLET.sub(r"\1.", text).replace("*", "")


def readability(markdown: str) -> Readability:
    """Measures a text.

    >>> readability("Stop. Call now.").words
    3
    """
    text = plain_text(markdown)
    return Readability(len(text.split()), float(textstat.flesch_kincaid_grade(text)))
