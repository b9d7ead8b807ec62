"""What is kept of a message that somebody has to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from assistant.escalation.times import now
from assistant.paths import ADVICE

Kind = Literal["red-flag", "person-wanted"]
RED_FLAG: Kind = "red-flag"
PERSON_WANTED: Kind = "person-wanted"

# States in which nobody has acknowledged a case.
UNACKNOWLEDGED = ("recorded", "notified")

# What became of a case that is closed.
OUTCOMES = ("advised", "sent-to-hospital", "admitted", "no-answer", "false-alarm", "other")

# The most pressing first; "person" is the wish to talk to somebody.
PRIORITIES = ("page", "same-day", "person", "review")


def rank(priority: str | None) -> int:
    """How pressing a priority is, 0 the most; what is not known counts as the most pressing.

    >>> rank("page") < rank("same-day") < rank("review")
    True
    """
    return PRIORITIES.index(priority) if priority in PRIORITIES else 0


@dataclass(frozen=True)
class Escalation:
    """What is kept of a message with a red flag, or with the wish for a person.

    No value is checked against a vocabulary: a record is never refused over its wording.

    Attributes:
        conversation: The conversation's id (Rasa's `sender_id`).
        message_id: The client's id of the message, or Rasa's.
        channel: The input channel's name.
        priority: "page", "same-day", "review", or "person" for the wish to talk to somebody.
        urgency: "emergency" or "same-day".
        mentions: The turn's `red_flags`: category, urgency, status, words and so on.
        model_version: Of the model that answered.
        corpus_version: Of the corpus that answered.
        kind: "red-flag" or "person-wanted".
        subject: Whom the hospital's own channel names; None elsewhere.
        recorded_at: When the message was seen, UTC.
    """

    conversation: str
    message_id: str
    channel: str
    priority: str | None
    urgency: str | None
    mentions: list[dict[str, Any]]
    model_version: str | None = None
    corpus_version: str | None = None
    kind: str = RED_FLAG
    subject: str | None = None
    recorded_at: datetime = field(default_factory=now)

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values, for the emergency journal."""
        return {**self.__dict__, "recorded_at": self.recorded_at.isoformat()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Escalation:
        """Reads what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: If the values are no record.
        """
        return cls(**{**values, "recorded_at": datetime.fromisoformat(values["recorded_at"])})

    @property
    def categories(self) -> list[str]:
        """The categories that it mentions, each once."""
        return sorted({str(mention.get("category")) for mention in self.mentions})


@dataclass(frozen=True)
class Recorded:
    """The record of a message.

    Attributes:
        id: Its id in the table.
        is_new: False if the message had been recorded before; `id` is then the first record's.
        escalation: As it was recorded: raised, where the conversation had come to it before.
        case: The reference of its case.
        ask_contact: Whether the patient is now to be asked, once, how to be called back.
    """

    id: int
    is_new: bool
    escalation: Escalation
    case: str | None = None
    ask_contact: bool = False


@lru_cache(maxsize=1)
def category_ids() -> tuple[str, ...]:
    """The categories of red flags, by their files.

    The screen's own list brings spaCy along: seconds and memory that not every process has.
    """
    return tuple(sorted(file.stem for file in ADVICE.glob("*.md")))
