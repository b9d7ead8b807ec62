"""Rasa's conversations in SQL, read as far back as a turn looks: turn 500 costs what turn 5 costs.

`endpoints.yml` and `endpoints.cluster.yml` name the class. The table is Rasa's own and holds
the whole history.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from assistant.escalation.database import create_tables, open_engine

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Follow-ups look three messages back (assistant.faq.history.MOST_TURNS_BACK), the plan of a turn
# two; the rules look at the message alone.
TURNS_READ = 4
SECONDS_TO_WAIT = 5.0  # while somebody else writes, as long as Rasa's store; a turn has 15
_STORED = "is_stored"  # attribute of events that stand in the table: they are not written again

_rows = SQLTrackerStore.SQLEvent.__table__
_column = _rows.c
# Rasa's index on the conversation alone has PostgreSQL sort all of its rows to find the last ones;
# SQLite's indexes end with the row's number anyway.
_LATEST = sa.Index("events_sender_id_id", _column.sender_id, _column.id, _table=_rows)


class RecentTrackerStore(SQLTrackerStore):
    """Rasa's SQLTrackerStore that reads the last turns of a session, and writes what is new.

    Slots that were set before those turns have their initial value again: the only slot of this
    assistant holds the present turn.

    Args:
        domain: Of the model.
        host: Of the database's server, or its whole address.
        event_broker: Is sent the new events, if there is one.
        **settings: As for SQLTrackerStore: `dialect`, `db`, `port`, `username`, `password` ...
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        **settings: Any,
    ) -> None:
        # As durable as Rasa's own engine, but SQLite waits for the disk once, not four times, and
        # a server that hangs or was started anew is noticed.
        address = self.get_db_url(host=host, **settings)
        self.engine: Engine = open_engine(
            address, durability="FULL", pooled=True, patience=SECONDS_TO_WAIT
        )
        self.sessionmaker = sessionmaker(bind=self.engine)
        self._has_tables = False
        self._making_tables = threading.Lock()
        # Not SQLTrackerStore's own: it would make Rasa's engine, and wait for the server.
        TrackerStore.__init__(self, domain, event_broker)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The last turns of the conversation's present session; None where there are none."""
        events = await _beside(lambda: self._events(_last_turns(sender_id)))
        begun = [number for number, event in enumerate(events) if isinstance(event, SessionStarted)]
        return self._tracker(sender_id, events[begun[-1] :] if begun else events)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The whole conversation, all sessions."""
        everything = sa.select(_column.data).where(_column.sender_id == conversation_id)
        events = await _beside(lambda: self._events(everything.order_by(_column.id)))
        return self._tracker(conversation_id, events)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Writes the events that the table does not hold yet."""
        unmarked = [event for event in tracker.events if not getattr(event, _STORED, False)]
        if not unmarked:
            return
        from_table = len(unmarked) < len(tracker.events)
        new = await _beside(lambda: self._write(tracker.sender_id, unmarked, from_table))
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    def _tracker(self, sender_id: str, events: Sequence[Event]) -> DialogueStateTracker | None:
        if not events:
            return None
        return DialogueStateTracker.from_events(sender_id, list(events), self.domain.slots)

    def _events(self, query: sa.sql.Select) -> list[Event]:
        self._make_tables()
        with self.engine.connect().execution_options(reads_only=True) as connection:
            data = connection.execute(query).scalars().all()
        return _marked(deserialise_events([json.loads(one) for one in data]))

    def _write(self, sender_id: str, events: Sequence[Event], from_table: bool) -> Sequence[Event]:
        self._make_tables()
        with self.engine.begin() as connection:
            if not from_table:
                # A new conversation, one that could not be read, or one that somebody put together:
                # what stands already is known by its moment.
                first = min(event.timestamp for event in events)
                stands = sa.select(_column.timestamp, _column.type_name).where(
                    _column.sender_id == sender_id, _column.timestamp >= first
                )
                known = {tuple(row) for row in connection.execute(stands)}
                events = [one for one in events if (one.timestamp, one.type_name) not in known]
            if events:
                connection.execute(sa.insert(_rows), [_row(sender_id, one) for one in events])
        _marked(events)
        return events

    @contextmanager
    def session_scope(self) -> Iterator[Session]:
        """A session of Rasa's own methods, on tables that are there."""
        self._make_tables()
        with super().session_scope() as session:
            yield session

    def _make_tables(self) -> None:
        """Makes what is missing; a server that is away at the start stops no start."""
        with self._making_tables:
            if self._has_tables:
                return
            create_tables(self.engine, self.Base.metadata)
            if self.engine.dialect.name == "postgresql":
                self._index()
            self._has_tables = True

    def _index(self) -> None:
        try:
            _LATEST.create(self.engine, checkfirst=True)
        except SQLAlchemyError as error:  # another process was faster, or it may not: slower turns
            logger.warning("No index %s was made: %s", _LATEST.name, type(error).__name__)


async def _beside(work: Callable[[], T]) -> T:
    """Runs in a thread: a database that is slow holds up its own conversation, not all."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


def _last_turns(sender_id: str) -> sa.sql.Select:
    own = _column.sender_id == sender_id
    # Each turn ends with listening, and the one before those that are read is where they begin.
    begin = (
        sa.select(_column.id)
        .where(
            own,
            _column.type_name == ActionExecuted.type_name,
            _column.action_name == ACTION_LISTEN_NAME,
        )
        .order_by(_column.id.desc())
        .offset(TURNS_READ)
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(_column.data)
        .where(own, _column.id >= sa.func.coalesce(begin, 0))
        .order_by(_column.id)
    )


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    """An event as Rasa's own store writes it."""
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def _marked(events: Iterable[Event]) -> list[Event]:
    marked = list(events)
    for event in marked:
        setattr(event, _STORED, True)
    return marked
