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

_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d(?:[\s().\-/]{0,2}\d){6,14}(?!\w)")
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(\d{2}|\d{4})|\d{4}([./-])\d{1,2}\3\d{1,2}")
_LEAD_IN = re.compile(
    r"\b(?:my name is|my name'?s|this is|i am|i'?m|it'?s|call(?: me)?(?: back)?|ring(?: me)?|"
    r"phone(?: me)?|reach me|on|at|my|number|numbers|is|mobile|mob|tel|telephone|name|and|please|"
    r"yes|ok|okay|thanks|thank you|hi|hello)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CallBack:
    """How a patient can be reached.

    Attributes:
        name: What was typed beside the number, without lead-ins; None where that is no name.
        number: As it was typed.
        rest: The message without the number; what it says is still read.
        short: Whether beside the number stands hardly more than a name.
    """

    name: str | None
    number: str
    rest: str
    short: bool


def read_call_back(text: str) -> CallBack | None:
    """Finds the first telephone number in a message.

    Args:
        text: The patient's message.

    Returns:
        None where there is no number of 7 to 15 digits.

    >>> read_call_back("Joan Smith, my number is 01603 555 012").name
    'Joan Smith'
    >>> read_call_back("20 mg twice a day") is None
    True
    """
    found = _NUMBER.search(text)
    if found is None:
        return None
    number = found[0].strip()
    digits = sum(map(str.isdigit, number))
    if not FEWEST_DIGITS <= digits <= MOST_DIGITS or _DATE.fullmatch(number):
        return None
    before, after = text[: found.start()], text[found.end() :]
    rest = f"{before}{NUMBER_PLACE}{after}"
    words = _LEAD_IN.sub(" ", f"{before} {after}")
    name = " ".join(re.findall(r"[^\W\d_][\w'’.-]*", words))
    short = len(name.split()) <= MOST_WORDS_OF_A_NAME
    return CallBack(name or None if short else None, number, rest, short)
