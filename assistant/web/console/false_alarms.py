"""A false alarm goes to the review of the screen: its message without identifiers, the rules."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Row

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore
from assistant.escalation.transcript import PATIENT, Line, TranscriptError, transcript
from assistant.learning.queue import FALSE_ALARM, ReviewQueueError, default_queue
from assistant.learning.turns import LONGEST_TEXT

logger = logging.getLogger(__name__)

SAME_MESSAGE = timedelta(seconds=90)  # between a message's arrival and its record


def pass_to_review(store: EscalationStore, case: Row) -> bool:
    """Puts the messages of a case into the review queue.

    What a clinician says of one message changes no rule: an editor looks at it first.

    Args:
        store: The escalation store.
        case: That was closed as a false alarm.

    Returns:
        Whether all of them could be queued: a message that is no longer kept cannot, nor one so
        long that it would tell who wrote it.

    Raises:
        EscalationStoreError: If the store cannot be read.
    """
    messages = CaseBook(store).messages(case.id)
    try:
        said = [line for line in transcript(store, case.conversation) if line.who == PATIENT]
        queued = [_queue(message, said) for message in messages]
    except (TranscriptError, ReviewQueueError) as error:
        logger.error("Case %s did not reach the review: %s", case.reference, error)
        return False
    return bool(queued) and all(queued)


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
