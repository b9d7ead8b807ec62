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
from assistant.escalation.cases import CaseBook
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.health import Health
from assistant.escalation.notices import (
    HANDED_BACK,
    LEFT,
    LEFT_WAITING,
    SEEN,
    STAFF,
    TAKEN_OVER,
    WAITING,
    Notice,
    NoticeBoard,
)
from assistant.escalation.store import EscalationStore
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.take_over_record import TakeOver
from assistant.escalation.times import aware, now
from assistant.escalation.worker import Worker
from assistant.faq.history import ANSWERED_BY_STAFF
from assistant.observability.stages import stage
from assistant.site import fill, load_site

logger = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS = 1.0
PART = "cases"

SEEN_WORDS = "Someone from {care_team} saw your message at {time}."
WORSE = "If you feel worse, do not wait: call {emergency_number}."
WAITING_WORDS = {
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
PERSON_WORDS = {
    TAKEN_OVER: (
        "{staff} from {care_team} is here now: a person, who reads what you write and answers "
        f"you. It may take a while between messages. {WORSE}"
    ),
    HANDED_BACK: (
        "{staff} has left the conversation. From here on I, a computer program, answer you again. "
        f"{WORSE}"
    ),
    LEFT: (
        "{staff} has not written here for a while. From here on I, a computer program, answer you "
        f"again. {WORSE}"
    ),
    LEFT_WAITING: (
        "{staff} has not answered your last message and may not have read it. I, a computer "
        "program, answer you again, and pass your message on to the staff on duty. Please do not "
        f"wait for them: call {{cancer_line}}, or {{out_of_hours_line}}. {WORSE}"
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
        self._board = NoticeBoard(store)
        self._take_overs = TakeOvers(store)
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

    async def answered_by(self, conversation: str) -> dict[str, str]:
        """Metadata of a message that a person answers: their first name; else nothing."""
        nobody: TakeOver | None = None
        person = await self._asked(lambda: self._take_overs.message_arrives(conversation), nobody)
        return {} if person is None else {ANSWERED_BY_STAFF: person.name}

    async def untold(self, conversation: str) -> tuple[list[str], int]:
        """What the conversation is told beside a reply, and the greatest id among it (0: none).

        It is told again with the next reply, until `note_told` is called.
        """
        nothing: list[Notice] = []
        found = await self._asked(lambda: self._board.untold(conversation), nothing)
        # Whoever waited and was then seen need not read both.
        last_seen = max((notice.id for notice in found if notice.kind == SEEN), default=0)
        texts = [
            notice_line(notice)
            for notice in found
            if notice.kind != WAITING or notice.id > last_seen
        ]
        return texts, max((notice.id for notice in found), default=0)

    async def note_told(self, conversation: str, until: int) -> None:
        """Notes that the patient's side has all that `untold` or `told` gave up to an id."""
        if until:
            await self._asked(lambda: self._board.note_told(conversation, until), None)

    async def told(self, conversation: str, after: int) -> dict[str, Any]:
        """What the conversation is told, for a client that asks by itself.

        Args:
            conversation: Of the patient.
            after: The greatest id that the client has shown.

        Returns:
            `notices`, and `staff`: first name of the person who answers at present, or None.
        """
        nothing: tuple[list[Notice], TakeOver | None] = ([], None)
        found, person = await self._asked(lambda: self._look(conversation, after), nothing)
        return {
            "notices": [
                {
                    "id": notice.id,
                    "kind": notice.kind,
                    "at": aware(notice.at).isoformat(timespec="seconds"),
                    "name": notice.name,
                    "text": notice_text(notice),
                }
                for notice in found
            ],
            "staff": person.name if person is not None else None,
        }

    async def check(self) -> None:
        """Asks for nothing, so that readiness recovers without a patient's message."""
        nothing: list[Notice] = []
        await self._asked(lambda: self._board.since(""), nothing)

    def _look(self, conversation: str, after: int) -> tuple[list[Notice], TakeOver | None]:
        return (
            self._board.since(conversation, after),
            self._take_overs.of_conversation(conversation),
        )

    def _keep(self, conversation: str, given: CallBack) -> bool:
        if not self._book.wants_contact(conversation, again=given.short):
            return False
        return self._book.keep_contact(conversation, given.name, given.number, self._channel)

    @stage("stores")
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


def notice_line(notice: Notice) -> str:
    """The words of a notice where nothing else says whose they are and what they are about."""
    text = notice_text(notice)
    if notice.kind == STAFF:
        return f"{notice.name} ({fill('{care_team}', load_site())}): {text}"
    if notice.kind in (SEEN, WAITING):
        return f"About your earlier message: {text}"
    return text


def notice_text(notice: Notice) -> str:
    """The words of a notice, with the site's names and the local time."""
    if notice.kind == STAFF:
        return notice.text or ""  # a person's words are shown as they are
    site = load_site()
    if notice.kind in PERSON_WORDS:
        return fill(PERSON_WORDS[notice.kind].replace("{staff}", notice.name or ""), site)
    if notice.kind == WAITING:
        return fill(WAITING_WORDS.get(notice.priority, WAITING_WORDS["page"]), site)
    zone = load_settings().zone
    local = aware(notice.at).astimezone(zone)
    today = local.date() == now().astimezone(zone).date()
    seen = SEEN_WORDS.replace("{time}", f"{local:%H:%M}" if today else f"{local:%H:%M on %d %B}")
    return fill(seen if notice.priority == "person" else f"{seen} {WORSE}", site)
