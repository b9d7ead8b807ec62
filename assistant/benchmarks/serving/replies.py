"""Whether a reply answers a message. Standard library alone: locust's environment needs it, too."""

from __future__ import annotations

from typing import Any


def has_text(reply: Any) -> bool:
    """Whether there is anything to read in a reply.

    >>> has_text([{"custom": {"kind": "answer"}}]), has_text([{"text": "It is a drug."}])
    (False, True)
    """
    return isinstance(reply, list) and any(
        isinstance(message, dict) and message.get("text") for message in reply
    )


def is_turn(reply: Any, message_id: str) -> bool:
    """Whether the turn's object comes first and names the message, and something can be read.

    Args:
        reply: Of ours.
        message_id: Of the message that was sent.
    """
    if not has_text(reply) or not isinstance(reply[0], dict):
        return False
    turn = reply[0].get("custom")
    return isinstance(turn, dict) and turn.get("message_id") == message_id
