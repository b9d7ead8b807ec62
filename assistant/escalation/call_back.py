"""Reads a name and a telephone number out of what a patient typed to be called back."""

from __future__ import annotations

import re
from dataclasses import dataclass

FEWEST_DIGITS, MOST_DIGITS = 7, 15  # ITU-T E.164: at most 15
MOST_WORDS_OF_A_NAME = 6
# Key and values of a message's metadata, which only our channels set: a number was kept with the
# case, beside other words or alone.
CALL_BACK = "call_back"
KEPT, KEPT_ALONE = "kept", "kept-alone"
NUMBER_PLACE, DETAILS_PLACE = "[call-back number]", "[call-back details]"

# A number is dialled with a 0, a + or an area code in brackets, or is North American. Anything else
# (readings of an oximeter, a hospital number) is left in the message, where it is read.
_NUMBER = re.compile(
    r"(?<![\w.+])(?:"
    r"\+\d{1,3}|\(\d{2,5}\)|0\d+|[2-9]\d\d(?=[ .-]?\d{3}[ .-]\d{4}(?!\d))"
    r")(?:[\s()\-.]{0,2}\d{2,}|[\s-]\d(?=\s\d{2}))*(?![\w])(?!\.\d)"
)
_DATE = re.compile(r"\d{1,2}([\s./-])\d{1,2}\1(\d{2}|\d{4})")
_LEAD_IN = re.compile(
    r"\b(?:my name is|my name'?s|this is|i am|i'?m|it'?s|call(?: me)?(?: back)?|ring(?: me)?|"
    r"phone(?: me)?|reach me|on|at|my|number|numbers|is|mobile|mob|tel|telephone|name|and|or|since|"
    r"please|yes|ok|okay|thanks|thank you|hi|hello)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CallBack:
    """How a patient can be reached.

    Attributes:
        name: What was typed beside the number, without lead-ins; None where that is no name.
        number: As it was typed; several are joined by "or".
        rest: The message without the numbers; what it says is still read.
        short: Whether beside the number stands hardly more than a name.
    """

    name: str | None
    number: str
    rest: str
    short: bool


def read_call_back(text: str) -> CallBack | None:
    """Finds the telephone numbers in a message.

    Args:
        text: The patient's message.

    Returns:
        None where there is no number of 7 to 15 digits that one could dial.

    >>> read_call_back("Joan Smith, my number is 01603 555 012").name
    'Joan Smith'
    >>> read_call_back("sats 84 85 86 82") is None
    True
    """
    found = [match for match in _NUMBER.finditer(text) if _can_be_dialled(match[0])]
    if not found:
        return None
    rest, words, end = "", "", 0
    for match in found:
        rest += text[end : match.start()] + NUMBER_PLACE
        words += text[end : match.start()] + " "
        end = match.end()
    rest, words = rest + text[end:], words + text[end:]
    name = " ".join(re.findall(r"[^\W\d_][\w'’.-]*", _LEAD_IN.sub(" ", words)))
    short = len(name.split()) <= MOST_WORDS_OF_A_NAME
    number = " or ".join(match[0].strip() for match in found)
    return CallBack(name or None if short else None, number, rest, short)


def _can_be_dialled(number: str) -> bool:
    digits = sum(map(str.isdigit, number))
    return FEWEST_DIGITS <= digits <= MOST_DIGITS and not _DATE.fullmatch(number.strip())
