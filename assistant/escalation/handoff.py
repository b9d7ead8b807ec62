"""The wish to talk to a person: a case of its own in office hours, a telephone number otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from assistant.escalation.duty.rota import in_office_hours, on_duty
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.escalation import PERSON_WANTED, Escalation
from assistant.escalation.recorder import record_with_deadline
from assistant.escalation.store import default_store
from assistant.escalation.times import now


@dataclass(frozen=True)
class HandoffRequest:
    """A message that asks for a person."""

    conversation: str
    message_id: str
    channel: str


@dataclass(frozen=True)
class PassedOn:
    """What became of a wish.

    Attributes:
        reached: Whether staff will see it. False out of hours, where nobody who is on duty is more
            than a terminal, and where the record failed: the patient then needs a number to call.
        ask_contact: Whether the patient is now to be asked, once, how to be called back.
    """

    reached: bool
    ask_contact: bool = False


async def pass_on(request: HandoffRequest, clock: Callable[[], datetime] = now) -> PassedOn:
    """Opens a case where somebody can be expected to answer it.

    Args:
        request: The message.
        clock: Gives the present moment.
    """
    settings, at = load_settings(), clock()
    if not in_office_hours(settings, at):
        return PassedOn(reached=False)
    escalation = Escalation(
        conversation=request.conversation,
        message_id=request.message_id,
        channel=request.channel,
        priority="person",
        urgency=None,
        mentions=[],
        kind=PERSON_WANTED,
        recorded_at=at,
    )
    outcome = await record_with_deadline(default_store(), escalation)
    reached = any(settings.is_reached(contact) for contact in on_duty(settings, at))
    return PassedOn(outcome.status != "failed" and reached, outcome.ask_contact)
