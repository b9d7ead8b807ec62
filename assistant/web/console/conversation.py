"""A case's conversation as its page shows it, and what of it the page cannot show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Row

from assistant.escalation.notices import STAFF, NoticeBoard
from assistant.escalation.store import EscalationStore
from assistant.escalation.take_over_record import TakeOver
from assistant.escalation.times import now, utc
from assistant.escalation.transcript import PATIENT, Line, TranscriptError, transcript

SAME_MESSAGE = timedelta(seconds=5)  # between a message's line and its record
TURN = timedelta(seconds=10)  # a message is kept with its conversation when its turn is over


@dataclass(frozen=True)
class Shown:
    """What a page shows of a conversation.

    Attributes:
        lines: Oldest first; where the conversations cannot be read, those of staff alone.
        fault: Why they cannot be read, or None.
        missing_at: When the patient wrote a message that is not among the lines, UTC without a
            zone; None where there is none.
        read_until: When the patient wrote the last message that the page shows or says is missing.
    """

    lines: list[Line]
    fault: str | None
    missing_at: datetime | None
    read_until: datetime


def conversation_of(
    store: EscalationStore,
    case: Row,
    messages: Sequence[Row],
    take_over: TakeOver | None,
    at: datetime | None = None,
) -> Shown:
    """Reads the conversation of a case.

    Args:
        store: The escalation store.
        case: The case.
        messages: Of the case, as they were recorded.
        take_over: Who has the conversation now.
        at: The present moment; by default now.

    Raises:
        EscalationStoreError: If the escalation store cannot be read.
    """
    last_known = [message.recorded_at for message in messages]
    if take_over is not None and take_over.patient_at is not None:
        last_known.append(take_over.patient_at)
    known = max(last_known, default=case.opened_at)
    try:
        lines = transcript(store, case.conversation)
    except TranscriptError as error:
        return Shown(_of_staff(store, case.conversation), str(error), None, known)
    shown = max((line.at for line in lines if line.who == PATIENT), default=None)
    is_missing = shown is None or known > shown + SAME_MESSAGE
    is_missing = is_missing and known <= utc((at or now()) - TURN) and case.state != "closed"
    read_until = max(known if is_missing else case.opened_at, shown or case.opened_at)
    return Shown(lines, None, known if is_missing else None, read_until)


def _of_staff(store: EscalationStore, conversation: str) -> list[Line]:
    """What staff wrote, for that is kept beside the cases."""
    return [
        Line(notice.at, STAFF, notice.text or "", notice.name, notice.told_at is not None)
        for notice in NoticeBoard(store).since(conversation)
        if notice.kind == STAFF
    ]
