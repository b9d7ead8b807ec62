"""The reply when a turn came to nothing: it depends on as little as can be."""

from __future__ import annotations

import logging
from typing import Any

from assistant.dialogue.other_languages import language_field, with_line
from assistant.dialogue.screening import screen_message
from assistant.red_flags.advice import CONSTANT_ADVICE

logger = logging.getLogger(__name__)

# The site's own number may be what cannot be read.
ANY_NUMBER = "your emergency number (999 in the UK, 112 in Europe, 911 in the US)"
NO_REPLY = (
    "I am sorry, something went wrong and I could not read your message. "
    "Please send it once more, or call your cancer team. "
)


def last_resort_reply(text: str, message_id: str = "") -> list[dict[str, Any]]:
    """Returns the messages for a turn that failed as a whole; never raises, never empty.

    Args:
        text: The patient's raw message.
        message_id: Its id, for the object.
    """
    from assistant.dialogue.turn import turn_object

    screened = screen_message(text)
    kind = "escalation" if screened.flagged else "fallback"
    words = CONSTANT_ADVICE if screened.flagged else NO_REPLY + CONSTANT_ADVICE
    known: dict[str, Any] = {}
    if screened.flagged:
        screening = screened.screening
        known = {
            "red_flags": [
                {
                    "category": mention.category,
                    "urgency": mention.urgency,
                    "status": mention.status,
                    "words": mention.words,
                }
                for mention in screening.mentions
            ],
            "urgency": screening.urgency or "emergency",
            "priority": screening.priority or "page",
        }
    known |= language_field(text)
    words = with_line(words, kind, text).replace("{emergency_number}", ANY_NUMBER)
    return [{"custom": turn_object(kind, message_id, **known)}, {"text": words}]
