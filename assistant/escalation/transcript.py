"""A conversation as staff read it: what patient and assistant said, and what staff wrote."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from sqlalchemy import column, create_engine, inspect, select, table
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from assistant.escalation.notices import STAFF, NoticeBoard
from assistant.escalation.store import EscalationStore
from assistant.escalation.times import utc
from assistant.paths import state_folder
from assistant.profile import shared_database

PATIENT, ASSISTANT_LINE = "patient", "assistant"
MOST_EVENTS = 1000

# Rasa's own table (SQLTrackerStore), as far as it is read here.
_events = table(
    "events",
    *(column(name) for name in ("id", "sender_id", "type_name", "timestamp", "data")),
)


class TranscriptError(Exception):
    """Rasa's tracker store cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class Line:
    """Something that was said.

    Attributes:
        at: When, UTC without a zone.
        who: "patient", "assistant" or "staff".
        text: The words.
        name: First name of the person, for "staff".
        told: For "staff", whether the patient's side has fetched it.
        kind: Of the assistant's turn (answer, escalation ...), where it is known.
    """

    at: datetime
    who: str
    text: str
    name: str | None = None
    told: bool | None = None
    kind: str | None = None


def transcript(store: EscalationStore, conversation: str, tracker: str | None = None) -> list[Line]:
    """The last lines of a conversation, oldest first.

    Args:
        store: The escalation store, which holds what staff wrote.
        conversation: Of the patient.
        tracker: Address of Rasa's tracker store; by default the site's.

    Raises:
        TranscriptError: If Rasa's tracker store cannot be read.
        EscalationStoreError: If the escalation store cannot be read.
    """
    lines = _of_tracker(conversation, tracker or tracker_url())
    lines += [
        Line(notice.at, STAFF, notice.text or "", notice.name, notice.told_at is not None)
        for notice in NoticeBoard(store).since(conversation)
        if notice.kind == STAFF
    ]
    return sorted(lines, key=lambda line: line.at)


def tracker_url() -> str:
    """Where the profile's endpoints have Rasa keep conversations."""
    if (shared := shared_database()) is not None:
        return shared
    file = Path(os.environ.get("TRACKER_DB", state_folder() / "tracker.sqlite"))
    return f"sqlite:///file:{file.absolute()}?mode=ro&uri=true"


def _of_tracker(conversation: str, url: str) -> list[Line]:
    said = (
        select(_events.c.type_name, _events.c.timestamp, _events.c.data)
        .where(_events.c.sender_id == conversation, _events.c.type_name.in_(("user", "bot")))
        .order_by(_events.c.id.desc())
        .limit(MOST_EVENTS)
    )
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("events"):
                return []  # nobody has written anything yet
            found = connection.execute(said).all()
    except SQLAlchemyError as error:
        original = getattr(error, "orig", None) or error
        raise TranscriptError(
            f"the conversations cannot be read: {type(original).__name__}; check the tracker "
            "store that endpoints.yml names"
        ) from None
    lines = (_line(row) for row in reversed(found))
    return [line for line in lines if line.text]


def _line(row: Row) -> Line:
    event = json.loads(row.data)
    at = utc(datetime.fromtimestamp(row.timestamp, timezone.utc))
    text = (event.get("text") or "").strip()
    if row.type_name == "user":
        return Line(at, PATIENT, text)
    turn = ((event.get("data") or {}).get("custom")) or {}
    return Line(at, ASSISTANT_LINE, text, kind=turn.get("kind"))
