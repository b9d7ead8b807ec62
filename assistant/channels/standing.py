"""What a conversation's cases mean for its turns: call-back details, and what it is to be told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from assistant.dialogue.screening import screen_message
from assistant.escalation.call_back import (
    CALL_BACK,
    DETAILS_PLACE,
    KEPT,
    KEPT_ALONE,
    CallBack,
    read_call_back,
)
from assistant.escalation.cases import CaseBook, Notice
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.health import Health
from assistant.escalation.store import EscalationStore
from assistant.escalation.times import aware, now
from assistant.escalation.worker import Worker
from assistant.site import fill, load_site

logger = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS = 1.0
PART = "cases"

SEEN = "Someone from {care_team} saw your message at {time}."
WORSE = "If you feel worse, do not wait: call {emergency_number}."
WAITING = {
    "page": (
        "Nobody has confirmed yet that they have seen your message. **Please do not wait for us: "
        "call {emergency_number} now.**"
    ),
    "same-day": (
        "Nobody has confirmed yet that they have seen your message. Please do not wait for us: "
        "call {cancer_line}, or {out_of_hours_line}. If it gets worse, call {emergency_number}."
    ),
    "person": (
        "Nobody has been able to answer your request yet. Please call {cancer_line} {hours}, or "
        "{out_of_hours_line} at other times."
    ),
}


@dataclass(frozen=True)
class Taken:
    """A message as the turn gets it.

    Attributes:
        text: Without a number that was kept with the case.
        metadata: Says so to the policy.
    """

    text: str
    metadata: dict[str, Any]


class Standing:
    """Asks the cases beside a turn; what fails there is said by readiness and costs no reply.

    Args:
        store: The escalation store.
        health: Told of failures and recoveries.
        channel: The channel's name, for the audit.
    """

    def __init__(self, store: EscalationStore, health: Health, channel: str) -> None:
        self._book = CaseBook(store)
        self._health = health
        self._channel = channel
        self._worker = Worker("cases")

    async def take_call_back(self, conversation: str, text: str) -> Taken:
        """Keeps a number that the patient was asked for, with the case and nowhere else.

        The turn gets the message without it, and reads the rest like everything else.
        """
        given = read_call_back(text)
        if given is None:
            return Taken(text, {})
        kept = await self._asked(lambda: self._keep(conversation, given), default=False)
        if not kept:
            return Taken(text, {})
        whole, rest = screen_message(text), screen_message(given.rest)
        if (whole.flagged, whole.screening.priority) != (rest.flagged, rest.screening.priority):
            return Taken(text, {CALL_BACK: KEPT})  # rather a number in the tracker than a sign lost
        if given.short and not whole.flagged:
            return Taken(DETAILS_PLACE, {CALL_BACK: KEPT_ALONE})
        return Taken(given.rest, {CALL_BACK: KEPT})

    async def untold(self, conversation: str) -> list[str]:
        """What the conversation is now told beside a reply, about messages before it."""
        nothing: list[Notice] = []
        found = await self._asked(lambda: self._book.untold(conversation), nothing)
        # Whoever waited and was then seen need not read both.
        last_seen = max((notice.id for notice in found if notice.kind == "seen"), default=0)
        return [
            f"About your earlier message: {notice_text(notice)}"
            for notice in found
            if notice.kind == "seen" or notice.id > last_seen
        ]

    async def notices(self, conversation: str, after: int) -> list[dict[str, Any]]:
        """What the conversation is told, for a client that asks by itself.

        Args:
            conversation: Of the patient.
            after: The greatest id that the client has shown.
        """
        nothing: list[Notice] = []
        found = await self._asked(lambda: self._book.notices(conversation, after), nothing)
        return [
            {
                "id": notice.id,
                "kind": notice.kind,
                "at": aware(notice.at).isoformat(timespec="seconds"),
                "text": notice_text(notice),
            }
            for notice in found
        ]

    async def check(self) -> None:
        """Asks for nothing, so that readiness recovers without a patient's message."""
        nothing: list[Notice] = []
        await self._asked(lambda: self._book.notices(""), nothing)

    def _keep(self, conversation: str, given: CallBack) -> bool:
        if not self._book.wants_contact(conversation, again=given.short):
            return False
        return self._book.keep_contact(conversation, given.name, given.number, self._channel)

    async def _asked(self, job: Callable[[], T], default: T) -> T:
        try:
            found = await self._worker.run(job, SECONDS)
        except asyncio.TimeoutError:
            fault = f"no answer within {SECONDS} s"
        except Exception as error:  # noqa: BLE001 - the turn goes on without
            fault = str(error)
        else:
            self._health.recover(PART)
            return found
        self._health.fail(PART, fault)
        logger.error("The cases could not be asked: %s", fault)
        return default


def notice_text(notice: Notice) -> str:
    """The words of a notice, with the site's names and the local time."""
    site = load_site()
    if notice.kind == "waiting":
        return fill(WAITING.get(notice.priority, WAITING["page"]), site)
    zone = load_settings().zone
    local = aware(notice.at).astimezone(zone)
    today = local.date() == now().astimezone(zone).date()
    seen = SEEN.replace("{time}", f"{local:%H:%M}" if today else f"{local:%H:%M on %d %B}")
    return fill(seen if notice.priority == "person" else f"{seen} {WORSE}", site)
