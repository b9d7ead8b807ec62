"""What Rasa's tracker says of the conversation before a message."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any

from rasa.shared.core.events import BotUttered, Event, Restarted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.faq.conversation import ASIDES, Before

READING = "reading"  # the key under which a message carries its Reading
ANSWERED_BY_STAFF = "answered_by_staff"  # key of a message's metadata: the first name of who did
MOST_TURNS_BACK = 3  # thanks and small talk may lie between a question and what follows it up

_NUMBERED = re.compile(r"^\d\. (.+)$", re.MULTILINE)


def before_this(tracker: DialogueStateTracker | None) -> Before | None:
    """The conversation up to the message that arrives now, None where there is none."""
    if tracker is None:
        return None
    events = list(takewhile(lambda event: not _begins(event), reversed(tracker.events)))
    shown = takewhile(lambda event: not isinstance(event, UserUttered), events)
    choices = next((found for event in shown if (found := _choices(event))), ())
    messages = [event for event in events if isinstance(event, UserUttered)][:MOST_TURNS_BACK]
    for turns_back, message in enumerate(messages):
        if (message.metadata or {}).get(ANSWERED_BY_STAFF):
            break  # what a person and the patient spoke of since, nobody here has read
        reading: dict[str, Any] = message.parse_data.get(READING) or {}  # type: ignore[assignment]
        if reading.get("answers") or reading.get("offered"):
            return Before(
                asked=reading["asked"],
                entries=tuple(answer["id"] for answer in reading["answers"]),
                ranking=tuple(candidate["id"] for candidate in reading["ranking"]),
                choices=choices,
                which_asked=bool(choices and reading["offered"] and turns_back == 0),
            )
        if (message.intent or {}).get("name") not in ASIDES:
            # Declined, not covered, or a red flag: what comes next is about that, not about
            # the last question that had an answer.
            return Before(asked=reading.get("asked"), choices=choices)
    return Before(choices=choices)


def _begins(event: Event) -> bool:
    return isinstance(event, SessionStarted | Restarted)


def _choices(event: Event) -> tuple[str, ...]:
    """The questions that a message of ours offered, as buttons or as numbered lines."""
    if not isinstance(event, BotUttered):
        return ()
    buttons = (event.data or {}).get("buttons") or ()
    if buttons:
        return tuple(button["title"] for button in buttons)
    _, _, lines = (event.text or "").rpartition("\n\n")
    return tuple(_NUMBERED.findall(lines))
