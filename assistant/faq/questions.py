"""Splits a message into its questions, and tells whether a message leans on the last turn."""

from __future__ import annotations

import re

MOST_QUESTIONS = 8

# A numbered list begins each of its questions anew: "1) how is it given 2) what of my teeth".
_SENTENCE_END = re.compile(r"(?<=[.?!;…])\s+|\n+|\s+/\s+|(?:^|\s+)(?:\d|[A-Da-d])[).:]\s+")
_WH = r"(?:what|how|why|when|where|which|who|wot|wat|whats|what's|hows|how's|whose)"
_AUXILIARY = r"(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|must|am|may)"
_ASKS = rf"(?:{_WH}|{_AUXILIARY}|wouldn't|isn't|can't|explain|tell|say|any)"
_JOINS = r"(?:and|or|also|plus|but|&|\+|then)"
# "... and what", "... or do I", ", then why", "... and I want to know what", ", if not is it":
# a second question begins there.
_NEXT_QUESTION = re.compile(
    rf"[,\s]+(?:{_JOINS}\s+)+(?:so\s+)?(?=(?:[\w']+\s+){{0,5}}?{_WH}\b|{_ASKS}\b)"
    rf"|,\s+(?:(?:{_JOINS}|oh|so)\s+)*(?=(?:[\w']+\s+){{0,3}}?{_WH}\b|{_ASKS}\b)"
    rf"|\s+(?:n|an)\s+(?={_ASKS}\b)|[,\s]+(?=if\s+(?:so|not)\b)",
    re.IGNORECASE,
)
# The same without a word that joins: "how did it get there why didnt I feel it".
_RUN_ON = re.compile(
    rf"\s+(?={_WH}\s+(?:{_AUXILIARY}(?:n['’]?t)?|long|often|many|much)\b"
    rf"|{_AUXILIARY}\s+(?:it|he|she|they|i|we|you|u|there)\b)",
    re.IGNORECASE,
)
# What is before it may still need what comes: "I want to know | is it", "what drugs | do they".
_UNFINISHED = re.compile(
    rf"\b(?:{_WH}|know|tell|explain|if|whether|ask\w*|understand)\b(?!.*\b{_AUXILIARY}\b)"
    r"|\b(?:about|of|is|to|and|or)$",
    re.IGNORECASE,
)
APART = 3  # words between the beginnings of two questions that nothing joins
# One thing is asked of several: "bed, food, work. any advice on all three".
_OF_SEVERAL = re.compile(
    r"\b(?:each|both|either|all (?:of )?(?:three|3|these|those|them)|"
    r"(?:the|these) (?:two|three|lot)|"
    r"(?:two|three|four|2|3|4) (?:things|questions)|one by one|explain)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:,|:|;|\s-\s|&|\+|\band\b|\bor\b|\bvs\b\.?)\s*", re.IGNORECASE)
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
        for joined in _NEXT_QUESTION.split(sentence)
        for part in _run_on(joined)
    ]
    if len([part for part in parts if is_question(part)]) < 2 and _OF_SEVERAL.search(text):
        parts = [item.strip(" .?!") for part in parts for item in _ITEM.split(part)]
    parts = [part for part in parts if part]
    if len(parts) > MOST_QUESTIONS:
        # A long story: its questions, wherever they stand, before its statements.
        asked = [number for number, part in enumerate(parts) if is_question(part)]
        told = [number for number in range(len(parts)) if number not in asked]
        parts = [parts[number] for number in sorted([*asked, *told][:MOST_QUESTIONS])]
    return parts


def _run_on(text: str) -> list[str]:
    """Splits where a second question begins without a word that joins it to the first.

    >>> _run_on("what does it do is it one go or more can they redo it")
    ['what does it do', 'is it one go or more', 'can they redo it']
    >>> _run_on("how long do they live")
    ['how long do they live']
    """
    parts, begin = [], 0
    for gap in _RUN_ON.finditer(text):
        words = text[begin : gap.start()].split()
        if len(words) >= APART and not _UNFINISHED.search(" ".join(words[-APART - 1 :])):
            parts.append(text[begin : gap.start()])
            begin = gap.end()
    return [*parts, text[begin:]]


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
