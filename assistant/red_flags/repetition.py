"""Repetition: who comes back about the same complaint within two days is more urgent.

A rule of the design (UKONS triage likewise counts a sign that comes back higher than a first one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

AGAIN_WITHIN = timedelta(hours=48)
# What is said within an hour belongs to the first contact: people explain, correct and add.
SAME_CONTACT = timedelta(hours=1)
REPEATED = "repeated"

Mentions = Sequence[Mapping[str, Any]]


def raise_repeated(mentions: Mentions, earlier: Iterable[Mentions]) -> list[dict[str, Any]]:
    """Mentions of one message, raised where an earlier contact was about the same.

    Args:
        mentions: As the turn holds them (`Mention.as_json`), the most pressing first.
        earlier: The mentions of each message of the contacts before, of the last 48 hours.

    Returns:
        The mentions, the most pressing first. One of priority same-day whose category was pressing
        before is an emergency to be paged; negated, old and general ones stay as they are.

    >>> pain = {"category": "jaw", "urgency": "same-day", "priority": "same-day", "fired": []}
    >>> (raised,) = raise_repeated([pain], [[pain]])
    >>> raised["priority"], raised["urgency"]
    ('page', 'emergency')
    """
    before = {
        mention["category"]
        for message in earlier
        for mention in message
        if mention.get("priority") in ("page", "same-day")
    }
    found = [
        _raised(mention) if _repeats(mention, before) else dict(mention) for mention in mentions
    ]
    return sorted(found, key=lambda mention: mention.get("priority") != "page")


def _repeats(mention: Mapping[str, Any], before: set[str]) -> bool:
    return mention.get("priority") == "same-day" and mention["category"] in before


def _raised(mention: Mapping[str, Any]) -> dict[str, Any]:
    reason = {"by": REPEATED, "words": mention.get("words", ""), "score": 1.0, "threshold": None}
    fired = [*mention.get("fired", ()), reason]
    return {**mention, "urgency": "emergency", "priority": "page", "fired": fired}
