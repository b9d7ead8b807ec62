"""The hook at the end of a turn: what was not served well goes into the review queue.

Everything here runs beside the turn: the queue is written in a thread of its own, after the reply
was made, and nothing that happens to it can reach the patient.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.escalation.worker import Worker
from assistant.faq.conversation import picked
from assistant.faq.rejection import is_rejection
from assistant.learning.queue import Reason, default_queue

logger = logging.getLogger(__name__)

# Longer than any wording of an entry may be; a long story tells most about who wrote it.
LONGEST_TEXT = 800
REASONS: dict[str, Reason] = {"fallback": "unanswered", "clarify": "clarified"}
CONVERSATIONS = 1000
TURNS_OF_A_CONVERSATION = 10

_writer = Worker("review-queue")


@dataclass
class Turn:
    """A message and what was said to it.

    Attributes:
        text: As the patient wrote it; it never leaves the process's memory.
        objects: The turn's objects, first to last.
        channel: The input channel's name.
        queued: Whether it was queued; once is enough.
    """

    text: str
    objects: Sequence[dict[str, Any]]
    channel: str
    queued: bool = field(default=False, compare=False)

    @property
    def flagged(self) -> bool:
        """Whether it mentions a red flag: people see it already."""
        return any(one.get("kind") == "escalation" or one.get("red_flags") for one in self.objects)

    @property
    def answered(self) -> bool:
        """Whether an entry was its answer."""
        return any(one.get("kind") == "answer" for one in self.objects)

    @property
    def offered(self) -> list[str]:
        """Ids of the entries that it asked the patient to choose from."""
        return [
            entry["id"]
            for one in self.objects
            if one.get("kind") == "clarify"
            for entry in one.get("faq") or ()
        ]

    @property
    def reason(self) -> Reason | None:
        """Why it must be looked at, by its own objects; None where it was served."""
        return next(
            (REASONS[one["kind"]] for one in self.objects if one.get("kind") in REASONS), None
        )

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What was answered or offered, each with id and score."""
        found = [entry for one in self.objects for entry in one.get("faq") or ()]
        return [{"id": entry["id"], "score": entry.get("score")} for entry in found]


def note_turn(
    text: str, objects: Sequence[dict[str, Any]], channel: str, previous: Turn | None
) -> Turn:
    """Notes a turn that has ended; never raises, never waits.

    Args:
        text: The patient's message.
        objects: The turn's objects, first to last.
        channel: The input channel's name.
        previous: The turn before it in the conversation.

    Returns:
        The turn, for the next one to be noted.
    """
    if previous is not None and previous.offered and picked(text, previous.offered):
        text = previous.text  # "the second one" tells nobody what was asked
    turn = Turn(text, objects, channel)
    try:
        if previous is not None and previous.answered and is_rejection(text):
            _queue(previous, "rejected")
        if turn.reason is not None:
            _queue(turn, turn.reason)
    except Exception as error:  # noqa: BLE001 - the reply is made; learning must not cost it
        logger.warning("A turn was not noted for review: %s", type(error).__name__)
    return turn


def note_rating(turn: Turn, helpful: bool) -> None:
    """Notes how a patient rated an answer; never raises, never waits."""
    try:
        if not helpful:
            _queue(turn, "badly-rated")
    except Exception as error:  # noqa: BLE001 - as above
        logger.warning("A rating was not noted for review: %s", type(error).__name__)


class RecentTurns:
    """The last turns of the last conversations, in memory: those that may be rejected or rated.

    Args:
        channel: The name of their channel.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._turns: OrderedDict[str, deque[tuple[str, Turn]]] = OrderedDict()

    def note(
        self, conversation: str, message_id: str, text: str, objects: Sequence[dict[str, Any]]
    ) -> None:
        """Notes a turn that has ended; never raises, never waits."""
        turns = self._turns.setdefault(conversation, deque(maxlen=TURNS_OF_A_CONVERSATION))
        self._turns.move_to_end(conversation)
        if len(self._turns) > CONVERSATIONS:
            self._turns.popitem(last=False)
        previous = turns[-1][1] if turns else None
        turns.append((message_id, note_turn(text, objects, self._channel, previous)))

    def rate(self, conversation: str, message_id: str, helpful: bool) -> bool:
        """Notes how a message's answer was rated.

        Returns:
            Whether the message is known; after a restart the ones before are not.
        """
        found = [turn for id_, turn in self._turns.get(conversation, ()) if id_ == message_id]
        for turn in found:
            note_rating(turn, helpful)
        return bool(found)


def _queue(turn: Turn, reason: Reason) -> None:
    if turn.queued or turn.flagged or len(turn.text) > LONGEST_TEXT:
        return
    turn.queued = True
    queue, entries = default_queue(), turn.entries  # the site's as it is now, not in a while

    def write() -> None:
        try:
            queue.add(turn.text, reason, entries, turn.channel)
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread
            # The type alone: whatever failed may quote what it was given.
            logger.warning("A message was not queued for review: %s", type(error).__name__)

    _writer.submit(write)
