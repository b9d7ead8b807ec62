"""Collects a turn's messages: its object first, each text whole."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel

Message = dict[str, Any]


class TurnOutput(CollectingOutputChannel):
    """Like Rasa's collector, with the object before the text and no split at blank lines."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self._channel = channel

    def name(self) -> str:  # type: ignore[override]
        """The input channel's name: responses with `channel:` are chosen by it."""
        return self._channel

    async def send_response(self, recipient_id: str, message: Message) -> None:
        """Collects one response of the renderer."""
        rest = dict(message)
        custom = rest.pop("custom", None)
        if custom:
            await self.send_custom_json(recipient_id, custom)
        await super().send_response(recipient_id, rest)

    async def send_text_message(self, recipient_id: str, text: str, **_: Any) -> None:
        """Collects a text as one message."""
        if text.strip():
            await self._persist_message(self._message(recipient_id, text=text.strip()))
