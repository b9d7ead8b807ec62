"""A false alarm goes to the review of the screen: its message without identifiers, the rules."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import exists, select
from sqlalchemy.engine import Row

from assistant.escalation.case_file import ASSISTANT, note
from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.escalation.tables import case_table, event_table
from assistant.escalation.take_over import CONSOLE
from assistant.escalation.times import now, utc
from assistant.escalation.transcript import PATIENT, Line, TranscriptError, transcript
from assistant.learning.queue import FALSE_ALARM, ReviewQueueError, default_queue
from assistant.learning.turns import LONGEST_TEXT

logger = logging.getLogger(__name__)

Passed = Literal["false-alarm", "false-alarm-bare", "false-alarm-later"]

PASSED = "passed to review"  # in the audit of a case
MADE_UP_FOR = timedelta(days=30)
SAME_MESSAGE = timedelta(seconds=90)  # between a message's arrival and its record


def pass_to_review(store: EscalationStore, reference: str) -> Passed:
    """Puts the messages of a case that was closed as a false alarm into the review queue.

    What a clinician says of one message changes no rule: an editor looks at it first. What fails
    here is made up for by `pass_what_is_left`: the audit of the case says what was passed.

    Args:
        store: The escalation store.
        reference: Of the case.

    Returns:
        "false-alarm"; "false-alarm-bare" where not all of its messages could be queued: one that is
        no longer kept cannot, nor one so long that it would tell who wrote it;
        "false-alarm-later" where something failed.
    """
    try:
        case = CaseBook(store).case(reference)
        said = [line for line in transcript(store, case.conversation) if line.who == PATIENT]
        queued = [_queue(message, said) for message in CaseBook(store).messages(case.id)]
        whole = bool(queued) and all(queued)
        with store.transaction("note a false alarm") as connection:
            note(connection, case.id, PASSED, ASSISTANT, CONSOLE, now(), whole=whole)
    except (TranscriptError, ReviewQueueError, EscalationStoreError) as error:
        logger.error("Case %s did not reach the review: %s", reference, error)
        return "false-alarm-later"
    return "false-alarm" if whole else "false-alarm-bare"


def pass_what_is_left(store: EscalationStore) -> None:
    """Passes on what did not reach the review when its case was closed.

    Raises:
        EscalationStoreError: If the cases cannot be read.
    """
    columns = case_table.c
    passed = exists().where(event_table.c.case_id == columns.id, event_table.c.what == PASSED)
    left = select(columns.reference).where(
        columns.state == "closed",
        columns.outcome == FALSE_ALARM,
        columns.closed_at >= utc(now() - MADE_UP_FOR),
        ~passed,
    )
    with store.reading("look for false alarms") as connection:
        references = list(connection.execute(left).scalars())
    for reference in references:
        pass_to_review(store, reference)


def _queue(message: Row, said: list[Line]) -> bool:
    text = _text_of(message, said)
    if text is None or len(text) > LONGEST_TEXT:
        return False
    default_queue().add(text, FALSE_ALARM, rules_of(message.mentions), message.channel)
    return True


def rules_of(mentions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What fired, each rule once: {"id", "score", "category"}."""
    fired = {
        reason["by"]: {
            "id": reason["by"],
            "score": reason.get("score"),
            "category": mention.get("category"),
        }
        for mention in mentions
        for reason in mention.get("fired") or ()
    }
    return list(fired.values())


def _text_of(message: Row, said: list[Line]) -> str | None:
    """The whole message: of those about its time the one with the words, else the one before."""
    near = [line for line in said if abs(message.recorded_at - line.at) <= SAME_MESSAGE]
    words = [str(mention.get("words") or "").lower() for mention in message.mentions]
    holding = [line for line in near if any(one and one in line.text.lower() for one in words)]
    before = [line for line in near if line.at <= message.recorded_at]
    found = holding or before
    nearest = min(found, key=lambda line: abs(message.recorded_at - line.at), default=None)
    return nearest.text if nearest else None
