"""Whole turns through a trained model, as a channel would run them, and what came back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from rasa.core.agent import Agent, load_agent
from rasa.core.channels.channel import UserMessage
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import EndpointConfig
from rasa.utils.log_utils import configure_structlog

from assistant.channels.output import TurnOutput
from assistant.dialogue.in_process_actions import ACTIONS_MODULE

CHANNEL = "rest"


@dataclass(frozen=True)
class Turn:
    """One message and what the assistant said of it.

    Attributes:
        text: The message.
        objects: The turn's objects, first to last.
        ranking: Entry ids, best first, whatever was decided.
        has_text: Whether the patient got words to read.
    """

    text: str
    objects: tuple[dict[str, Any], ...]
    ranking: tuple[str, ...]
    has_text: bool

    @property
    def kind(self) -> str:
        """The kind of the turn; empty where no object came."""
        return str(self.objects[0]["kind"]) if self.objects else ""

    @property
    def answered(self) -> tuple[str, ...]:
        """Ids of all entries that the turn answered with."""
        return self._entries("answer")

    @property
    def offered(self) -> tuple[str, ...]:
        """Ids of the entries that it offered as buttons."""
        return self._entries("clarify")

    def _entries(self, kind: str) -> tuple[str, ...]:
        found = (entry["id"] for one in self.objects if one["kind"] == kind for entry in one["faq"])
        return tuple(dict.fromkeys(found))

    @property
    def red_flags(self) -> tuple[dict[str, Any], ...]:
        """The mentions of its first object, the most pressing first."""
        return tuple(self.objects[0].get("red_flags", ())) if self.objects else ()

    @property
    def escalated(self) -> bool:
        """Whether the escalation action ran and its advice was shown."""
        return self.kind == "escalation"


class Bot:
    """A trained model that answers whole conversations in this process."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    @classmethod
    def load(cls, model: Path) -> Bot:
        """Loads a model with an in-memory tracker store and the site's renderer."""
        configure_structlog(logging.ERROR)  # outside its command line Rasa prints every step
        endpoints = AvailableEndpoints(
            nlg=EndpointConfig(type="assistant.dialogue.renderer.Renderer"),
            action=EndpointConfig(**{ACTIONS_MODULE: "actions"}),
        )
        return cls(asyncio.run(load_agent(str(model), endpoints=endpoints)))

    def converse(self, conversations: Iterable[Sequence[str]]) -> list[Turn]:
        """Runs conversations one after the other; returns the last turn of each."""
        return asyncio.run(self._converse(conversations))

    async def _converse(self, conversations: Iterable[Sequence[str]]) -> list[Turn]:
        last_turns = []
        for texts in conversations:
            sender = uuid4().hex
            for text in texts:
                turn = await self._turn(sender, text)
            last_turns.append(turn)
        return last_turns

    async def _turn(self, sender: str, text: str) -> Turn:
        output = TurnOutput(CHANNEL)
        message = UserMessage(text, output, sender, input_channel=CHANNEL)
        await self._agent.handle_message(message)
        tracker = await self._agent.tracker_store.retrieve(sender)
        selector: dict[str, Any] = {}
        if tracker is not None and tracker.latest_message is not None:
            selector = tracker.latest_message.parse_data.get("response_selector") or {}  # type: ignore[assignment]
        return Turn(
            text,
            tuple(said["custom"] for said in output.messages if "custom" in said),
            tuple(
                ranked["intent_response_key"].split("/", 1)[1]
                for ranked in selector.get("faq", {}).get("ranking", ())
            ),
            any(said.get("text") for said in output.messages),
        )
