"""Records a message with a red flag before its advice is shown."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assistant.dialogue.turn import raised_turn
from assistant.escalation.recorder import record_with_deadline
from assistant.escalation.store import Escalation, default_store


class ActionEscalate(Action):
    """Writes the escalation of the turn that TurnPolicy planned; the advice follows it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_escalate"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Records the escalation, within a deadline; what fails there is said by readiness.

        Returns:
            The turn as it was recorded, where the record is more pressing than the message alone.
        """
        turn = tracker.get_slot("turn")
        escalation = Escalation(
            conversation=tracker.sender_id,
            message_id=turn["message_id"],
            channel=turn["channel"] or "unknown",
            priority=turn["priority"],
            urgency=turn["urgency"],
            mentions=turn["mentions"],
            model_version=turn.get("model_version"),
            corpus_version=turn.get("corpus_version"),
        )
        outcome = await record_with_deadline(default_store(), escalation)
        recorded = outcome.escalation
        if recorded is None or recorded.mentions == turn["mentions"]:
            return []
        return [SlotSet("turn", raised_turn(turn, recorded.mentions))]
