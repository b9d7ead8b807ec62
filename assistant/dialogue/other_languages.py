"""Other languages: a patient who writes one reads the emergency line in it before the English."""

from __future__ import annotations

import logging
from collections import Counter
from functools import lru_cache

from assistant.language.detection import detect
from assistant.language.languages import languages
from assistant.red_flags.foreign import foreign_words

logger = logging.getLogger(__name__)

LINE_KINDS = ("escalation", "fallback")  # kinds of reply that begin with the line
CACHED_MESSAGES = 256  # a turn asks for the same message at each of its replies


@lru_cache(maxsize=CACHED_MESSAGES)
def language_of(message: str) -> str | None:
    """The language of a message other than English; None for English and where it is unsure.

    What is too short or too mixed to detect, or typed in Latin letters, still has a language where
    it names a red flag in its words: the language with most of them, the earlier one of
    languages.yml where they are equal. Never raises.

    Example:
        >>> language_of("mam gorączkę"), language_of("I have a fever")
        ('pl', None)
    """
    try:
        found = detect(message)
        if found is not None:
            return found
        named = Counter(match.language for match in foreign_words().find(message))
        return max(languages(), key=lambda code: named[code]) if named else None
    except Exception as error:  # noqa: BLE001 - safety boundary: the English reply must go out
        logger.error("The language of a message is unknown: %s", type(error).__name__)
        return None


def with_line(reply: str, kind: str, message: str) -> str:
    """A reply, led by the line in the message's language where the kind of reply asks for it.

    Args:
        reply: The English text, its placeholders not yet filled; it always follows.
        kind: Kind of the reply, as its object says.
        message: What the patient wrote.
    """
    code = language_of(message) if kind in LINE_KINDS else None
    return reply if code is None else f"{languages()[code].line_for(message)}\n\n{reply}"


def language_field(message: str) -> dict[str, str]:
    """What the object says of the message's language: nothing where it is English.

    >>> language_field("no siento las piernas"), language_field("my legs are numb")
    ({'language': 'es'}, {})
    """
    code = language_of(message)
    return {} if code is None else {"language": code}
