"""What a message does to the conversation before it: picks a choice, rejects, follows up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERS = {
    "1": 0, "one": 0, "first": 0, "1st": 0, "former": 0, "top": 0, "a": 0, "i": 0,
    "2": 1, "two": 1, "second": 1, "2nd": 1, "latter": 1, "b": 1, "ii": 1, "middle": 1,
    "3": 2, "three": 2, "third": 2, "3rd": 2, "c": 2, "iii": 2,
    "last": -1, "bottom": -1,
}  # fmt: skip
_POLITE = (
    r"(?:yes|yeah|yep|ye|ok(?:ay)?|sure|please|pls|plz|thanks|thank you|i mean(?:t)?|i want|"
    r"i d like|give me|tell me about|show me|it s|its|number|no|nr|option|question|choice|answer|"
    r"the|that|this|one|um|er|well|so|dear|love)"
)
_PICK = re.compile(
    rf"(?:{_POLITE} )*?(?:the )?(?P<which>{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
    rf"(?: {_POLITE})*"
)
_YES = re.compile(
    r"(?:oh )?(?:yes|yeah|yep|yup|ye|aye|y|correct|right|exactly|sure|ok(?:ay)?|please|pls|si|ja)"
    r"(?: (?:yes|please|pls|plz|thanks|thank you|that|that one|that s it|thats it|that s right|"
    r"thats right|it is|i do|i did|go on|do))*"
    r"|that s (?:it|right|the one)|thats (?:it|right|the one)|go on(?: then)?|that one"
)
_BOTH = re.compile(
    r"(?:(?:yes|please|ok(?:ay)?|i want|tell me) )*(?:both|all)"
    r"(?: (?:of )?(?:them|three|two|please|thanks))*"
)
_NEITHER = re.compile(
    r"(?:no )?(?:neither|none|no|nope|nah|not that|not those)"
    r"(?: (?:thanks|thank you|of (?:these|those|them|the above)))*"
)
_NO = re.compile(r"\W*(?:no+|nope|nah|naw)\b(?!\W*\d)", re.IGNORECASE)
_SIGNS = re.compile(r"[^\w]+")

# Intents of messages that do not change what the conversation is about.
ASIDES = frozenset(
    {"admin", "affirm", "bot_challenge", "deny", "goodbye", "greet", "small_talk", "thank"}
)


@dataclass(frozen=True)
class Before:
    """What the conversation holds when a message arrives.

    Attributes:
        asked: The wording of the last question that led to entries.
        entries: Ids that it was answered with.
        ranking: Ids of the entries that came nearest, best first.
        choices: Questions shown last as buttons or numbered lines, in their order.
        which_asked: Whether they were shown to ask which of them was meant.
    """

    asked: str | None = None
    entries: tuple[str, ...] = ()
    ranking: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    which_asked: bool = False


def picked(message: str, choices: Sequence[str], which_asked: bool = True) -> list[str]:
    """The questions that a short message picks out of those shown.

    A bare yes picks the first, the best, where it was asked which one was meant; below an
    answer it picks nothing.

    >>> picked("the second one please", ["What is an MRI?", "What is a CT?"])
    ['What is a CT?']
    >>> picked("my second scan is on Monday", ["What is an MRI?", "What is a CT?"])
    []
    """
    words = _SIGNS.sub(" ", message.casefold()).strip()
    if not choices or not words:
        return []
    if which_asked and _BOTH.fullmatch(words):
        return list(choices)
    if which_asked and _YES.fullmatch(words):
        return [choices[0]]
    found = _PICK.fullmatch(words)
    if found is None:
        return []
    number = _NUMBERS[found["which"]]
    return [choices[number]] if number < len(choices) else []


def opens_with_no(message: str) -> bool:
    """Whether a message begins with a no.

    >>> opens_with_no("No, the first one"), opens_with_no("none of the pain now")
    (True, False)
    """
    return _NO.match(message) is not None


def picks_none(message: str) -> bool:
    """Whether a message turns down all that was shown: "neither", "no".

    >>> picks_none("none of those"), picks_none("no, I meant the CT")
    (True, False)
    """
    return bool(_NEITHER.fullmatch(_SIGNS.sub(" ", message.casefold()).strip()))
