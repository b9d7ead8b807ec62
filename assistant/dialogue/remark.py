"""The reply to a remark about an answer: advice where it holds a red flag, else nothing."""

from __future__ import annotations

from typing import Any

from assistant.dialogue.last_resort import last_resort_reply
from assistant.dialogue.screening import screen_message
from assistant.dialogue.turn import turn_object
from assistant.red_flags.advice import compose, current_advice
from assistant.site import fill, load_site


def advice_on(text: str, message_id: str) -> list[dict[str, Any]]:
    """Returns the messages of an escalation, or none.

    Args:
        text: The patient's remark.
        message_id: For the object.
    """
    screened = screen_message(text)
    if not screened.flagged:
        return []
    screening = screened.screening
    if screened.failed or not screening.mentions:
        return last_resort_reply(text, message_id)
    keys = ("category", "urgency", "status", "words")
    content = turn_object(
        "escalation",
        message_id,
        red_flags=[{key: getattr(one, key) for key in keys} for one in screening.mentions],
        urgency=screening.urgency,
        priority=screening.priority,
    )
    advice = fill(compose(screening.mentions, current_advice()), load_site())
    return [{"custom": content}, {"text": advice}]
