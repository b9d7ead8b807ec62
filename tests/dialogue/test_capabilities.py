"""What each channel can show."""

from __future__ import annotations

import pytest

from assistant.dialogue.capabilities import has_buttons, is_shell, understands_objects


@pytest.mark.parametrize("channel", ["rest", "web", "fhir", "hub"])
def test_our_channels_understand_objects_and_buttons_follow(channel: str):
    assert understands_objects(channel) and not is_shell(channel)


@pytest.mark.parametrize("channel", ["cmdline", "socketio", "twilio", "rocketchat", None, "REST"])
def test_objects_go_nowhere_else(channel: str | None):
    assert not understands_objects(channel)


def test_the_shell_is_the_command_line():
    assert is_shell("cmdline") and has_buttons("cmdline") and not is_shell(None)
