"""Whole turns through a trained model, as a channel would run them, and what came back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
from assistant.escalation.recorder import recorder_of
from assistant.escalation.store import default_store

CHANNEL = "rest"
SECONDS_TO_RECORD = 60.0  # at the end; on a busy machine a record may stand in the journal first


@dataclass(frozen=True)
class Turn:
    """One message and what the assistant said of it.

    Attributes:
        text: The message.
        objects: The turn's objects, first to last.
        ranking: Entry ids, best first, whatever was decided.
        has_text: Whether the patient got words to read.
        message_id: Of the message.
        recorded: Whether the escalation store holds the message, as one with a red flag.
    """

    text: str
    objects: tuple[dict[str, Any], ...]
    ranking: tuple[str, ...]
    has_text: bool
    message_id: str = ""
    recorded: bool = False

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
    def alarmed(self) -> bool:
        """Whether the patient was shown the advice for red flags."""
        return self.kind == "escalation"

    @property
    def escalated(self) -> bool:
        """Whether staff have the message too: the advice shows even where the action fails."""
        return self.alarmed and self.recorded

    @property
    def outcome(self) -> str:
        """The kind, and whether an escalation reached nobody."""
        return f"{self.kind}, unrecorded" if self.alarmed and not self.recorded else self.kind


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

    def converse(self, conversations: Iterable[Sequence[str]]) -> list[list[Turn]]:
        """Runs conversations one after the other; returns the turns of each."""
        return asyncio.run(self._converse(conversations))

    async def _converse(self, conversations: Iterable[Sequence[str]]) -> list[list[Turn]]:
        held = []
        for texts in conversations:
            sender = uuid4().hex
            held.append([await self._turn(sender, text) for text in texts])
        recorded = await _recorded_messages()
        return [
            [replace(turn, recorded=turn.message_id in recorded) for turn in turns]
            for turns in held
        ]

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
            message.message_id,
        )


async def _recorded_messages() -> set[str]:
    """Ids of the messages that the escalation store holds, without mere wishes for a person."""
    store = default_store()
    await recorder_of(store).check(SECONDS_TO_RECORD)
    return {row["message_id"] for row in store.records() if row["priority"] != "person"}
