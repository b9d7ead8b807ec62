"""Runs rasa-sdk actions inside the Rasa process.

`endpoints.yml` names the package: `action_endpoint: {actions_module: actions}` (the key of Rasa
Pro). With `url:` actions run in an action server as ever.
"""

from __future__ import annotations

import asyncio
import logging
from functools import lru_cache
from typing import Any

import rasa.core.actions.action as rasa_action
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

logger = logging.getLogger(__name__)

ACTIONS_MODULE = "actions_module"
SECONDS_IN_PROCESS = 3.0
SECONDS_OF_A_SERVER = 3  # Rasa's own constant is 300: a hung server would keep the advice back

_run_remotely = rasa_action.RemoteAction.run


def install() -> None:
    """Hooks Rasa's RemoteAction; called once, where our policy is imported."""
    rasa_action.RemoteAction.run = _run  # type: ignore[method-assign]
    rasa_action.DEFAULT_REQUEST_TIMEOUT = SECONDS_OF_A_SERVER


@lru_cache(maxsize=4)
def _executor(module: str) -> ActionExecutor:
    executor = ActionExecutor()
    executor.register_package(module)
    return executor


def load_actions(endpoint: EndpointConfig | None) -> None:
    """Imports the actions that run in the process, so that the first turn need not."""
    module = _module(endpoint)
    if module is not None:
        _executor(module)


def _module(endpoint: EndpointConfig | None) -> str | None:
    """The package of the actions in the process; None where a server runs them."""
    return endpoint.kwargs.get(ACTIONS_MODULE) if endpoint and not endpoint.url else None


async def _run(
    self: rasa_action.RemoteAction,
    output_channel: OutputChannel,
    nlg: NaturalLanguageGenerator,
    tracker: DialogueStateTracker,
    domain: Domain,
) -> list[Event]:
    module = _module(self.action_endpoint)
    if module is None:
        events: list[Event] = await _run_remotely(self, output_channel, nlg, tracker, domain)
        return events
    call: dict[str, Any] = {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        # Of the events only the message itself: a long conversation would cost more each turn.
        "tracker": {**tracker.current_state(EventVerbosity.NONE), "events": _message(tracker)},
        "domain": {},
    }
    result = await asyncio.wait_for(_executor(module).run(call), SECONDS_IN_PROCESS)
    messages = await self._utter_responses(result["responses"], output_channel, nlg, tracker)
    return [*messages, *deserialise_events(result["events"])]


def _message(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    message = tracker.latest_message
    return [message.as_dict()] if message is not None else []
