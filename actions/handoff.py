"""Passes on the wish to talk to a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from assistant.escalation.handoff import HandoffRequest, pass_on


class ActionHandoff(Action):
    """Opens a case in office hours; otherwise the patient reads whom to call."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Records the wish within a deadline and says what happens next."""
        message = tracker.latest_message
        metadata = message.get("metadata") or {}
        request = HandoffRequest(
            conversation=tracker.sender_id,
            message_id=str(metadata.get("message_id") or message.get("message_id") or ""),
            channel=tracker.get_latest_input_channel() or "unknown",
        )
        passed_on = await pass_on(request)
        dispatcher.utter_message(
            response="utter_handoff_passed_on" if passed_on.reached else "utter_handoff"
        )
        if passed_on.reached and passed_on.ask_contact:
            dispatcher.utter_message(response="utter_ask_contact")
        return []
