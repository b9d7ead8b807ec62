"""Takes identifiers out of a message before it is kept: who wrote it must not be found from it.

The order is that of the patterns: what is most certain goes first. Rather a word too many goes than
a name too few; doses, ages, vertebrae and the names of medicines stay, for the question needs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.escalation.call_back import DETAILS_PLACE, NUMBER_PLACE
from assistant.learning.names import redact_names

PLACEHOLDERS = (
    *("[name]", "[number]", "[date]", "[address]", "[email]", "[link]"),
    *(NUMBER_PLACE, DETAILS_PLACE),  # what a channel took out before anybody read the message
)
FEWEST_DIGITS = 5  # of a number that tells who someone is

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|march|mar|apr(?:il)?|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?:19|20)\d\d"
_END_YEAR = rf"(?:,?\s+(?:{_YEAR}|['’]\d\d))?\b"
_DAY = r"\b(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = r"(?:st|nd|rd|th)"
_UNIT = r"\s*(?:mgs?|mcgs?|µg|ug|g|grams?|mls?|iu|units?|micrograms?|milligrams?|mm|cm|kg|x\s?10)\b"
_KIND_OF_ROAD = (
    "street|road|avenue|lane|drive|close|crescent|court|gardens|grove|terrace|boulevard|blvd|mews"
)
_SHORT_ROAD = "Street|Road|St|Rd|Ave|Ln|Cres|Ct|Way|Place|Park|Row|Square|Hill|Walk|View|Rise|Green"
# Between a number and the kind of road stands a name, not "10 years down the road".
_NO_ROAD = (
    r"(?!(?:a|an|the|of|to|in|on|my|our|down|up|away|more|or|and|for|minutes?|mins?|hours?|hrs?|days?"
    r"|weeks?|months?|years?|yrs?|miles?|times?|steps?|mg|ml)\b)"
)
# Letters that no second half of a postcode has; so "L4 5mm" and "S1 3cm" are none.
_POSTCODE = (
    r"\b(?!(?i:[ls])\d\s\d(?:st|nd|rd|th)\b)"
    r"(?i:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2})\b"
)
_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]"
    "|UT|V[AT]|W[AIVY]"
)
# An Eircode of the Republic of Ireland.
_EIRCODE = r"\b[AC-FHKNPRTV-Y]\d[\dW]\s?(?=[\dA-Z]{0,3}\d)[\dAC-FHKNPRTV-Y]{4}\b"

_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"(?i)[\w.+'-]+@[\w-]+(?:\.[\w-]+)+", "[email]"),
    (
        r"(?i)\b[\w.+-]+\s?(?:\(at\)|\[at\]|\sat\s)\s?[\w-]+\s?(?:\.|\sdot\s)\s?(?:com|co|org|net|uk)"
        r"(?:\s?(?:\.|\sdot\s)\s?uk)?\b",
        "[email]",
    ),
    (r"(?i)\b(?:https?://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)\]]", "[link]"),
    (
        r"(?i)\b[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|org|net|info|uk|ie|edu|gov|io)\b(?:/[^\s<>\"']*"
        r"[^\s<>\"'.,;:!?)\]])?",
        "[link]",
    ),
    (r"(?<![\w@])@[^\W_][\w.]*\w", "[name]"),
    # Dates: with a birthday's lead-in, then as they are written.
    (
        r"(?i)\b(d\.?o\.?b\.?|date of birth|born(?: on)?)(\s*(?:is|was|:)?\s*)(?!"
        + _YEAR
        + r"\b)\d[\d\s./-]{2,}\d",
        r"\1\2[date]",
    ),
    (rf"(?<![\d/.-]){_YEAR}[-/.]\d\d?[-/.]\d\d?(?![\d/.-]\d)", "[date]"),
    (rf"(?<![\d/.-])\d\d?([-/.])\d\d?\1(?:{_YEAR}|\d\d)(?!\d|[/.-]\d)", "[date]"),
    (rf"(?<![\d.]){_DAY}\s\d\d?\s{_YEAR}\b", "[date]"),
    (rf"(?i){_DAY}{_ORDINAL}?(?:\s+of)?\s*{_MONTH}{_END_YEAR}", "[date]"),
    (rf"(?i)\b{_MONTH}\s*{_DAY}{_ORDINAL}?(?!\d|\s*{_MONTH}){_END_YEAR}", "[date]"),
    # "May" is a verb too: with an ordinal, a capital or a year only.
    (rf"(?i){_DAY}(?:{_ORDINAL}(?:\s+of)?\s+may\b{_END_YEAR}|\s+may,?\s+{_YEAR}\b)", "[date]"),
    (rf"{_DAY}\s+May\b{_END_YEAR}", "[date]"),
    (rf"(?i)\bmay\s+{_DAY}(?:{_ORDINAL}{_END_YEAR}|,?\s+{_YEAR}\b)", "[date]"),
    (rf"\bMay\s+{_DAY}\b(?!\s?[-–]|{_UNIT})", "[date]"),
    (
        r"(?i)\b(on(?: the)?\s+)\d\d?/(?!10\b)(?:0?\d|1[0-2])\b(?!\s*(?:a\s|of\b|tab|dose|mg))",
        r"\1[date]",
    ),
    # Addresses.
    (
        rf"(?i)\b(?:(?:flat|apartment|apt|unit|room)\s+\d+[a-z]?,?\s+)?\d+[a-z]?,?\s+(?:{_NO_ROAD}"
        rf"[a-z'’-]+\s+){{1,3}}(?:{_KIND_OF_ROAD})\b",
        "[address]",
    ),
    (rf"\b\d+[a-zA-Z]?,?\s+(?:[A-Z][\w'’-]+\s+){{1,3}}(?:{_SHORT_ROAD})\b", "[address]"),
    (
        r"\b(?:[A-Z][a-z'’-]+\s+){1,2}(?:Street|Road|Avenue|Lane|Close|Crescent|Gardens|Grove|"
        r"Terrace|Mews|Cottage)\b",
        "[address]",
    ),
    (r"(?i)\b(?:flat|apartment|apt)\s+\d+[a-z]?\b", "[address]"),
    (_POSTCODE, "[address]"),
    (_EIRCODE, "[address]"),
    (r"(?i)\bp\.?\s?o\.?\s+box\s+\d+", "[address]"),
    (rf"\b(?:{_STATE}),?\s\d{{5}}(?:-\d{{4}})?\b", "[address]"),
    (r"(?i)\b(zip(?:\s?code)?(?:\s+is|:)?\s+)\d{5}(?:-\d{4})?\b", r"\1[address]"),
    (
        r"\b((?i:liv(?:e|es|ing)|based|resid(?:e|es|ing))\s+(?:in|at|near)\s+(?:the\s+)?)"
        r"[A-Z][a-z'’-]+(?:[\s-][A-Z][a-z'’-]+){0,2}",
        r"\1[address]",
    ),
    # Numbers: with a name, of social insurance, and any long one (`_long_number`).
    (
        r"(?i)\b((?:nhs|h&c|chi|hospital|patient|insurance|policy|member(?:ship)?|account|medicare|"
        r"case|ward|record|passport|licen[cs]e|ref(?:erence)?)\s*(?:no\b\.?|number|num\b|id\b|#)"
        r"(?:\s+is|:)?\s*|\bmrn(?:\s+is|:)?\s*)[a-z]{0,4}-?\d[\w-]*(?:[ .-]\d+)*",
        r"\1[number]",
    ),
    (r"(?i)\b[a-z]{2}\s?\d\d\s?\d\d\s?\d\d\s?[a-d]\b", "[number]"),
)
_FIXED = tuple((re.compile(pattern), written) for pattern, written in _PATTERNS)

_RUN = re.compile(r"(?<![\w.,])[+(]{0,2}\d(?:[ \t\-–()]{0,3}\d)+(?![\d.,]*\d)")
_DOTTED = re.compile(r"(?<![\w.])\+?0\d(?:[ .\-()]{0,2}\d)+")
# "617.555.0123": of groups of two and more, so that "1.2, 3.4 and 5.6" stays.
_GROUPED = re.compile(
    r"(?<![\w.])[+(]?(?=[\d .\-()]*\d{3})\d{2,4}(?:[ .\-()]{1,2}\d{2,4}){2,}(?!\d)"
)
_MIXED = re.compile(r"\b(?=(?:[A-Za-z]*\d){5})(?=\d*[A-Za-z])[A-Za-z\d]+(?:-\d+)*\b")
_UNIT_NEXT = re.compile(_UNIT, re.IGNORECASE)
_YEARS = re.compile(rf"{_YEAR}(?:\s*[-–]?\s*{_YEAR})*")
_DOSE = re.compile(r"\d+" + _UNIT, re.IGNORECASE)
_REPEATED = re.compile(r"\[(\w+)\](?:[\s,]+\[\1\])+")


def redact(text: str) -> str:
    """Returns a text with placeholders for what tells who wrote it, or of whom.

    What is returned comes back unchanged when it is given again.

    Args:
        text: A patient's message.

    >>> redact("Hi, I'm Karen, 71. Can I have Xgeva 120 mg? Ring me on 07700 900123")
    "Hi, I'm [name], 71. Can I have Xgeva 120 mg? Ring me on [number]"
    """
    # Each round leaves fewer letters and digits outside placeholders, so it ends.
    while (redacted := _once(text)) != text:
        text = redacted
    return text


def _once(text: str) -> str:
    for pattern, written in _FIXED:
        text = pattern.sub(written, text)
    for pattern in (_RUN, _DOTTED, _GROUPED, _MIXED):
        text = pattern.sub(_long_number, text)
    return _REPEATED.sub(r"[\1]", redact_names(text))


def _long_number(found: re.Match[str]) -> str:
    """A run of digits as a number of someone, unless it is a dose or a span of years."""
    digits = sum(character.isdigit() for character in found[0])
    harmless: Callable[[str], object] = _YEARS.fullmatch
    if digits < FEWEST_DIGITS or harmless(found[0]) or _DOSE.fullmatch(found[0]):
        return found[0]
    return found[0] if _UNIT_NEXT.match(found.string, found.end()) else "[number]"
