"""Splits a message into its questions, and tells whether a message leans on the last turn."""

from __future__ import annotations

import re

MOST_QUESTIONS = 8

_SENTENCE_END = re.compile(r"(?<=[.?!;…])\s+|\n+")
_ASKS = (
    r"(?:what|how|why|when|where|which|who|is|are|was|were|do|does|did|can|could|should|would|"
    r"will|wot|wat|whats|hows|explain|tell)"
)
# "... and what", "... or do I", "..., also can you": a second question begins there.
_NEXT_QUESTION = re.compile(
    rf"[,\s]+(?:and|or|also|plus|but|&|\+|n)\s+(?:also\s+|then\s+|so\s+)?"
    rf"(?=(?:from\s+|for\s+|in\s+)?{_ASKS}\b)"
    rf"|,\s+(?={_ASKS}\b)",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"^\W*(?:and|or|but|so|also|then|what about|how about|wot about|even|still|ok(?:ay)?|what if|"
    r"is that|is it|does it|does that|do they|are they|can it|will it|would it|could it|"
    r"how long|how often|how many|how much|for how long|why|when|where|which|worse|any)\b"
    r"|\b(?:it|that|this|they|them|those|these|one|ones|other|same|there|too|either|instead)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    rf"\?|^\W*(?:(?:and|or|also|so|but|plus|then|please)\W+)*{_ASKS}\b"
    r"|\b(?:wonder\w*|know|tell me|explain|ask\w*|like to)\b"
    r".*\b(?:what|how|why|which|whether|if)\b",
    re.IGNORECASE,
)
LONGEST_LEANING = 14  # words; a longer message says itself what it is about


def split_questions(text: str) -> list[str]:
    """Returns the parts of a message that may each be a question, in order.

    >>> split_questions("what is denosumab and do I need the dentist? Thanks")
    ['what is denosumab', 'do I need the dentist?', 'Thanks']
    """
    parts = [
        part.strip(" ,")
        for sentence in _SENTENCE_END.split(text)
        for part in _NEXT_QUESTION.split(sentence)
    ]
    parts = [part for part in parts if part]
    if len(parts) > MOST_QUESTIONS:
        # A long story: its questions, wherever they stand, before its statements.
        asked = [number for number, part in enumerate(parts) if is_question(part)]
        told = [number for number in range(len(parts)) if number not in asked]
        parts = [parts[number] for number in sorted([*asked, *told][:MOST_QUESTIONS])]
    return parts


def is_question(text: str) -> bool:
    """Whether a part of a message asks something, rather than tells a story.

    >>> is_question("do I need the dentist")
    True
    >>> is_question("I was at the dentist")
    False
    """
    return bool(_QUESTION.search(text))


def leans_on_last_turn(text: str) -> bool:
    """Whether a message is short and points back: "and for how long?".

    >>> leans_on_last_turn("and for how long?")
    True
    >>> leans_on_last_turn("What does denosumab do for bone metastases?")
    False
    """
    return len(text.split()) <= LONGEST_LEANING and bool(_LEANING.search(text))
