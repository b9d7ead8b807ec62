"""Asks a model a few questions before patients do: their first one then costs what others cost."""

from __future__ import annotations

import copy
import importlib
import logging
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore

from assistant.channels.output import TurnOutput
from assistant.dialogue.capabilities import REST
from assistant.dialogue.in_process_actions import load_actions
from assistant.dialogue.screening import installed_screen, screen_message

logger = logging.getLogger(__name__)

# None is a red flag, which would be recorded: a question, two at once, a follow-up, another
# language, small talk, one that nothing covers.
QUESTIONS = (
    "what is denosumab?",
    "and for how long do I get it?",
    "is cancer in the bones curable, and can I exercise?",
    "¿qué es el denosumab y cómo se administra?",
    "hello there",
    "how do I bake bread?",
)
LATER = "assistant.red_flags.repetition"  # the store imports it with its first record
FLAGGED = "since this morning my legs are numb, no fever so far, and last year I fell"


async def warm(agent: Any) -> None:
    """Runs whole turns in a memory of their own: nothing is stored, nothing leaves.

    Never raises: a model that cannot answer is what readiness is for.

    Args:
        agent: Rasa's agent, with a model.
    """
    if installed_screen() is None:
        return  # no model, or a peer's
    try:
        processor = copy.copy(agent.processor)
        processor.tracker_store = InMemoryTrackerStore(processor.domain)
        importlib.import_module(LATER)
        load_actions(processor.action_endpoint)
        screen_message(FLAGGED)
        for question in QUESTIONS:
            await processor.handle_message(
                UserMessage(question, TurnOutput(REST), "warming", input_channel=REST)
            )
    except Exception as error:  # noqa: BLE001 - it starts all the same, and readiness says why not
        logger.error("The model could not be warmed: %s", type(error).__name__)
