"""What each channel can show.

Ask with `tracker.get_latest_input_channel()`, never with a name that a client gave itself.
"""

from __future__ import annotations

REST, WEB, FHIR, HUB, SHELL = "rest", "web", "fhir", "hub", "cmdline"

_OBJECTS = frozenset({REST, WEB, FHIR, HUB})
_BUTTONS = frozenset({REST, WEB, SHELL, "socketio", "facebook", "slack", "telegram", "rasa"})


def understands_objects(channel: str | None) -> bool:
    """Whether the turn's object may be sent as `custom`; elsewhere it breaks the turn or is read.

    >>> understands_objects("web"), understands_objects("socketio"), understands_objects(None)
    (True, False, False)
    """
    return channel in _OBJECTS


def is_shell(channel: str | None) -> bool:
    """Whether one line of text stands for the object, as in `rasa shell`.

    >>> is_shell("cmdline")
    True
    """
    return channel == SHELL


def has_buttons(channel: str | None) -> bool:
    """Whether the channel shows buttons; elsewhere they become numbered lines.

    >>> has_buttons("rest"), has_buttons("twilio")
    (True, False)
    """
    return channel in _BUTTONS
