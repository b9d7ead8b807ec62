"""Resources that a hospital only named: fetched from its server, tried again if need be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, select, update
from sqlalchemy.engine import Connection

from assistant.escalation.hospital.arrival import Arrival, Fetch, TaskUpdate
from assistant.escalation.hospital.names import keyed
from assistant.escalation.hospital.outgoing import pause
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import inbound_table
from assistant.escalation.times import utc

LEASE = timedelta(seconds=60)  # longer than a request may take
GIVEN_UP_AFTER = 5  # attempts after which what the server does not have is dropped


@dataclass(frozen=True)
class Named:
    """A resource that is to be fetched.

    Attributes:
        id: Its row.
        route: "fhir:<server>".
        reference: "Communication/123".
        attempts: So far.
    """

    id: int
    route: str
    reference: str
    attempts: int


def keep_name(connection: Connection, one: Fetch, at: datetime) -> bool:
    """Keeps what is to be fetched, in a transaction; returns whether it is new."""
    key = f"f-{keyed(one.route, one.reference, one.version or at)}"
    known = select(inbound_table.c.id).where(inbound_table.c.message_id == key)
    if connection.execute(known).first() is not None:
        return False
    values = {
        "route": one.route,
        "message_id": key,
        "reference": one.reference,
        "state": "fetch",
        "received_at": utc(at),
        "sent_at": utc(at),
        "attempts": 0,
        "due_at": utc(at),
    }
    connection.execute(insert(inbound_table).values(values))
    return True


class Fetching:
    """What is to be fetched; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def claim(self, at: datetime) -> Named | None:
        """The next that is due; for a while nobody else gets it."""
        columns = inbound_table.c
        due = and_(columns.state == "fetch", columns.due_at <= utc(at))
        oldest = select(inbound_table).where(due).order_by(columns.due_at, columns.id).limit(1)
        with self._store.reading("look for what is to be fetched") as connection:
            if connection.execute(oldest).first() is None:
                return None
        with self._store.transaction("claim what is to be fetched") as connection:
            row = connection.execute(oldest.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            _set(connection, row.id, due_at=utc(at + LEASE))
            return Named(row.id, row.route, row.reference, row.attempts)

    def done(
        self,
        named: Named,
        arrivals: Sequence[Arrival | Fetch | TaskUpdate],
        keep: Callable[[Connection, Arrival | Fetch | TaskUpdate, datetime], bool],
        at: datetime,
    ) -> None:
        """Puts what it turned out to be in its place.

        Args:
            named: What was fetched.
            arrivals: What is in it.
            keep: Keeps one of them, see `Inbox.take_one`.
            at: The present moment, UTC.
        """
        with self._store.transaction("keep what was fetched") as connection:
            _set(connection, named.id, state="answered", reference=None)
            for one in arrivals:
                keep(connection, one, at)

    def failed(
        self, named: Named, why: str, permanent: bool, wait: timedelta | None, at: datetime
    ) -> bool:
        """Has it tried again; what the server does not have time and again is dropped.

        Returns:
            Whether it was dropped.
        """
        attempts = named.attempts + 1
        dropped = permanent and attempts >= GIVEN_UP_AFTER
        due = at + max(pause(attempts), wait or timedelta())
        values = {"attempts": attempts, "due_at": utc(due), "error": why[:500]}
        with self._store.transaction("try to fetch again") as connection:
            _set(connection, named.id, **values, state="dropped" if dropped else "fetch")
        return dropped


def _set(connection: Connection, row_id: int, **values: Any) -> None:
    own = inbound_table.c.id == row_id
    connection.execute(update(inbound_table).where(own).values(values))
