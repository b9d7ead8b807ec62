"""Whether a message says that the answer before it was not what was asked, and what was."""

from __future__ import annotations

import re

_OPENING = r"^\W*(?:(?:err*|um+|hmm+|well|but|thanks|thank you|ok(?:ay)?)\b\W*)*"
_NO = r"(?:no+|nope|nah|naw|wrong|sorry)\b\W*(?:(?:no+|nope|sorry|but|thanks|thank you)\b\W*)*"
_IT = r"(?:that|this|it|thats|its)"
_IS_NOT = r"(?:['’]?s\s+not|\s+is\s?n['’]?o?t|\s+was\s?n['’]?o?t|\s+not|\s+is\s+not|\s+was\s+not)"
_WANTED = r"(?:asked|asking|meant|mean|wanted|want|after|said|question|looking)"
_DID_NOT = r"(?:does\s?n['’]?o?t|did\s?n['’]?o?t|does not|did not)"

# Sayings that need no "no" in front of them.
_NOT_THAT = (
    # "That's not what the doctor said" is about the doctor.
    rf"{_IT}{_IS_NOT}\s+(?:really\s+|quite\s+|at all\s+|even\s+)?(?:"
    rf"(?:what|wot|wat)\s+(?:i|we)\b.{{0,15}}\b{_WANTED}\b(?!\s+to\s+hear)|"
    rf"(?:the|my)\s+(?:question|(?:one|thing|answer)\b.{{0,25}}\b{_WANTED})\b)",
    r"not\s+(?:really\s+|quite\s+)?(?:what|wot|wat)\s+(?:i|we)(?:['’]?m|['’]?ve|\s+was|\s+am)?"
    rf"\s+{_WANTED}\b",
    rf"{_IT}\s+{_DID_NOT}\s+(?:really\s+|even\s+)?(?:answer|tell me)",
    # "It doesn't help, is there anything stronger?" is about a medicine.
    rf"(?:that|this)\s+{_DID_NOT}\s+(?:really\s+)?help(?:\s+(?:me|much|at all|a lot|really))*\W*$",
    r"(?:you|u)(?:['’]?ve)?\s+(?:have\s+)?(?:mis-?understood|got (?:it|that|me) wrong|"
    r"(?:did\s?n['’]?o?t|have\s?n['’]?o?t|did not|have not)\s+(?:answer|understand|get))",
    r"i\s+(?:did\s?n['’]?o?t|never|did not)\s+(?:ask|mean|say)\b",
    r"wrong\s+(?:answer|thing|question|one)\b",
)
# Sayings that mean it only after "no".
_AFTER_NO = (
    r"i\s+(?:meant?|was\s+(?:asking|talking|on\s+about)|asked|am\s+asking|said"
    r"|want(?:ed)?\s+to\s+know)\b",
    r"i['’]?m\s+(?:asking|talking|on\s+about)\b",
    rf"{_IT}{_IS_NOT}\s+(?:it|right)\b",
    r"not\s+(?:that|this)(?:\s+one)?\s*(?:$|[,.!;-])",
    r"the\s+other\s+(?:one|thing)\b",
)
_REJECTION = re.compile(
    rf"{_OPENING}(?:(?:{_NO})?(?:{'|'.join(_NOT_THAT)})|{_NO}(?:{'|'.join(_AFTER_NO)}))",
    re.IGNORECASE | re.DOTALL,
)
# What may stand between the turning down and what was meant.
_MEANT = re.compile(
    r"^\W*(?:(?:for|about|that|it|at all|me|my question|to)\b\W*)*"
    r"(?:(?:but|because|cos)\b\W*)?"
    r"(?:i\s+(?:meant?|was\s+(?:asking|talking)|asked|am\s+asking|want(?:ed)?\s+to\s+know)\b\W*"
    r"(?:about\b\W*)?)?",
    re.IGNORECASE,
)


def is_rejection(text: str) -> bool:
    """Whether a message begins by turning the last answer down; a mere "no" does not.

    >>> is_rejection("no, I meant the injection"), is_rejection("no pain today, can I swim?")
    (True, False)
    """
    return _REJECTION.match(text) is not None


def after_rejection(text: str) -> str | None:
    """What is left of a message that turns down the last answer; None where it does not.

    >>> after_rejection("no, I meant the tablets")
    'the tablets'
    >>> after_rejection("that's not what I asked")
    ''
    """
    match = _REJECTION.match(text)
    if match is None:
        return None
    return _MEANT.sub("", text[match.end() :]).strip(" \t\n,.;:!-")
