"""What the hospital is still to get: a queue, sent in order, at least once, under a key."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Connection

from assistant.escalation.delivery.webhook import WebhookError, post
from assistant.escalation.duty.recipients import FHIR, WEBHOOK
from assistant.escalation.duty.settings import Settings
from assistant.escalation.hospital.client import HospitalError, client_of
from assistant.escalation.hospital.resources import bare
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import outgoing_table
from assistant.escalation.times import utc
from assistant.observability.metrics import DELIVERIES

logger = logging.getLogger(__name__)

AT_A_TIME = 8
LEASE = timedelta(seconds=90)  # longer than a request may take
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds between attempts, doubled each time
JITTER = 0.2
BARE_AFTER = 2  # refusals after which a message is sent without all that it can do without
POISONED = 5  # refusals after which it is parked, for people to look at


@dataclass(frozen=True)
class Outgoing:
    """Something for the hospital.

    Attributes:
        key: Unique; their side knows it by this.
        conversation: Of the patient.
        route: "fhir:<server>" or "webhook:<name>".
        content: The resource or JSON object.
        rank: Of its priority, 0 the most pressing.
    """

    key: str
    conversation: str
    route: str
    content: dict[str, Any]
    rank: int


@dataclass(frozen=True)
class _Claimed:
    id: int
    key: str
    route: str
    content: dict[str, Any]
    attempts: int
    refusals: int


Post = Callable[[Settings, str, str, dict[str, Any], datetime], str]


def put(connection: Connection, outgoing: Outgoing, at: datetime) -> None:
    """Puts something into the queue, in the transaction of what caused it.

    Raises:
        IntegrityError: If its key is in the queue already.
    """
    values = {
        **outgoing.__dict__,
        "state": "waiting",
        "attempts": 0,
        "refusals": 0,
        "created_at": utc(at),
        "due_at": utc(at),
    }
    connection.execute(insert(outgoing_table).values(values))


def hand_over(
    settings: Settings, route: str, key: str, content: dict[str, Any], at: datetime
) -> str:
    """Gives something to the hospital, once.

    Returns:
        Its reference on their server; "" where it has none.

    Raises:
        HospitalError: If they may not have it.
    """
    try:
        if route.startswith(FHIR):
            return client_of(settings.fhir_servers[route.removeprefix(FHIR)]).create(content)
        post(settings.webhooks[route.removeprefix(WEBHOOK)], key, content, at)
        return ""
    except KeyError:
        raise HospitalError("the settings no longer have this server") from None
    except WebhookError as error:
        raise HospitalError(f"the webhook {error}", error.permanent, error.wait) from error


class Sender:
    """Sends what waits; several may run, in any process.

    Args:
        store: The escalation store.
        worker: The worker's name, for claims.
        hand_over: Gives something to the hospital.
    """

    def __init__(self, store: EscalationStore, worker: str, hand_over: Post = hand_over) -> None:
        self._store = store
        self._worker = worker
        self._hand_over = hand_over
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="hospital")

    def send(self, settings: Settings, clock: Callable[[], datetime]) -> int:
        """Sends what is due at the moment, of each conversation the first.

        Returns:
            How much was tried.

        Raises:
            EscalationStoreError: If the store failed; what was sent comes again under its key.
        """
        claimed = self.claim(clock())
        tries = [self._pool.submit(self._try, settings, one, clock()) for one in claimed]
        if claimed:
            results = [(one, tried.result()) for one, tried in zip(claimed, tries, strict=True)]
            self._mark(results, clock())
        return len(claimed)

    def claim(self, at: datetime) -> list[_Claimed]:
        """Takes what is due for this worker alone, until the claim runs out."""
        with self._store.reading("look for messages to send") as connection:
            if not _heads(connection, at):
                return []
        with self._store.transaction("claim messages to send") as connection:
            columns = outgoing_table.c
            rows = connection.execute(
                select(outgoing_table)
                .where(columns.id.in_(_heads(connection, at)), _free(at))
                .order_by(columns.rank, columns.id)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                claims = {"claimed_by": self._worker, "claimed_until": utc(at + LEASE)}
                _set(connection, row.id, **claims)
            return [
                _Claimed(row.id, row.key, row.route, row.content, row.attempts, row.refusals)
                for row in rows
            ]

    def _try(self, settings: Settings, one: _Claimed, at: datetime) -> str | HospitalError:
        is_fhir = one.route.startswith(FHIR)
        content = bare(one.content) if is_fhir and one.refusals >= BARE_AFTER else one.content
        try:
            return self._hand_over(settings, one.route, one.key, content, at)
        except HospitalError as error:
            return error
        except Exception as error:
            logger.exception("Message %s failed unexpectedly.", one.key)
            return HospitalError(type(error).__name__, permanent=True)

    def _mark(self, results: Sequence[tuple[_Claimed, str | HospitalError]], at: datetime) -> None:
        with self._store.transaction("mark messages") as connection:
            for one, result in results:
                _set(connection, one.id, **self._outcome(one, result, at))

    def _outcome(self, one: _Claimed, result: str | HospitalError, at: datetime) -> dict[str, Any]:
        free = {"claimed_by": None, "claimed_until": None, "attempts": one.attempts + 1}
        if isinstance(result, str):
            DELIVERIES.labels("hospital", "sent").inc()
            sent = {"state": "sent", "sent_at": utc(at), "content": None, "error": None}
            values: dict[str, Any] = {**sent, "reference": result or None}
        else:
            refusals = one.refusals + result.permanent
            state = "parked" if refusals >= POISONED else "waiting"
            DELIVERIES.labels("hospital", "parked" if state == "parked" else "failed").inc()
            log = logger.critical if state == "parked" else logger.warning
            where = (one.key, one.route, one.attempts + 1)
            log("Message %s to %s failed (attempt %d): %s", *where, result)
            due = at + max(pause(one.attempts + 1), result.wait or timedelta())
            again = {"refusals": refusals, "due_at": utc(due), "error": str(result)[:500]}
            values = {"state": state, **again}
        return {**values, **free}


def requeue(store: EscalationStore, at: datetime) -> int:
    """Lets what was parked be tried again; returns how much."""
    parked = update(outgoing_table).where(outgoing_table.c.state == "parked")
    with store.transaction("try parked messages again") as connection:
        again = parked.values(state="waiting", refusals=0, due_at=utc(at))
        return int(connection.execute(again).rowcount)


def pause(attempts: int) -> timedelta:
    """How long to wait after a number of attempts: doubled each time, with jitter."""
    seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16))
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))


def _heads(connection: Connection, at: datetime) -> Sequence[int]:
    """Ids of what is due and has nothing of its conversation waiting before it."""
    own, earlier = outgoing_table.c, outgoing_table.alias().c
    before = select(earlier.id).where(
        earlier.conversation == own.conversation, earlier.state == "waiting", earlier.id < own.id
    )
    heads = (
        select(own.id)
        .where(own.state == "waiting", own.due_at <= utc(at), _free(at), ~before.exists())
        .order_by(own.rank, own.id)
        .limit(AT_A_TIME)
    )
    return list(connection.execute(heads).scalars())


def _free(at: datetime) -> Any:
    until = outgoing_table.c.claimed_until
    return or_(until.is_(None), until < utc(at))


def _set(connection: Connection, row_id: int, **values: Any) -> None:
    own = update(outgoing_table).where(outgoing_table.c.id == row_id)
    connection.execute(own.values(values))
