"""Records a message with a red flag before its advice is shown."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from assistant.dialogue.turn import ASK_CONTACT_KEY, raised_turn
from assistant.escalation.escalation import Escalation
from assistant.escalation.recorder import record_with_deadline
from assistant.escalation.store import default_store


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
            The turn as it was recorded, where the record is more pressing than the message alone
            or the patient is to be asked for a number.
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
        after = turn
        if recorded is not None and recorded.mentions != turn["mentions"]:
            after = raised_turn(after, recorded.mentions)
        if outcome.ask_contact:
            after = {**after, ASK_CONTACT_KEY: True}
        return [] if after is turn else [SlotSet("turn", after)]
