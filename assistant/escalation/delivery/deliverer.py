"""Sends deliveries: claimed first, then sent, then marked; whatever fails is tried again."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import note
from assistant.escalation.delivery.links import link_for
from assistant.escalation.delivery.message import Case, Notification
from assistant.escalation.delivery.notify import NotifyError, Send, send
from assistant.escalation.duty.settings import Settings
from assistant.escalation.escalation import UNACKNOWLEDGED
from assistant.escalation.hospital.origin import origin_of
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.escalation.tables import case_table, delivery_table
from assistant.escalation.times import utc
from assistant.observability.metrics import DELIVERIES

logger = logging.getLogger(__name__)

AT_A_TIME = 8
SECONDS = 30.0  # a target that takes longer has failed
LEASE = timedelta(seconds=60)  # after it another worker may try: ours has ended or hangs
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds between attempts, doubled each time
JITTER = 0.2
# Attempts after which a delivery that cannot succeed by itself is parked, for people to look at.
POISONED = 5


@dataclass(frozen=True)
class _Claimed:
    id: int
    key: str
    reason: str
    contact: str
    target: int
    attempts: int
    refusals: int
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class _Tried:
    claimed: _Claimed
    fault: NotifyError | None
    at: datetime


class Deliverer:
    """Sends what is due, the most pressing first.

    At least once: a worker that dies between sending and marking leaves the delivery claimed, and
    another one sends it again under the same key when the claim has run out.

    Args:
        store: The escalation store.
        worker: The worker's name, for claims and audit.
        send: Hands a notification to a target.
        seconds: After how long a target has failed.
    """

    def __init__(
        self,
        store: EscalationStore,
        worker: str,
        send: Send = send,
        seconds: float = SECONDS,
    ) -> None:
        self._store = store
        self._worker = worker
        self._send = send
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="delivery")
        self._unmarked: list[_Tried] = []

    def deliver(self, settings: Settings, clock: Callable[[], datetime]) -> int:
        """Sends what is due at the moment.

        Args:
            settings: Of the site.
            clock: Gives the present moment.

        Returns:
            How many deliveries were tried.

        Raises:
            EscalationStoreError: If the store failed; what was sent is marked at the next call.
        """
        self._mark()
        claimed = self.claim(settings, clock())
        sending = {self._pool.submit(self._try, settings, one, clock()): one for one in claimed}
        under_way, deadline = set(sending), monotonic() + self._seconds
        while under_way and (left := deadline - monotonic()) > 0:
            done, under_way = wait(under_way, timeout=left, return_when=FIRST_COMPLETED)
            at = clock()
            self._unmarked += [_Tried(sending[future], future.result(), at) for future in done]
            with suppress(EscalationStoreError):  # said below, when all have ended
                self._mark()
        if under_way:  # their threads are lost until the target answers; others need theirs
            self._pool.shutdown(wait=False)
            self._pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="delivery")
            late, at = NotifyError(f"no answer within {self._seconds:.0f} s"), clock()
            self._unmarked += [_Tried(sending[future], late, at) for future in under_way]
        self._mark()
        return len(claimed)

    def _mark(self) -> None:
        """Marks what was tried; kept until the store takes it, so that nothing is sent twice."""
        while self._unmarked:
            tried = self._unmarked[0]
            self._finish(tried.claimed, tried.fault, tried.at)
            self._unmarked.pop(0)

    def claim(self, settings: Settings, at: datetime) -> list[_Claimed]:
        """Takes what is due for this worker alone, until the claim runs out."""
        columns = delivery_table.c
        free = or_(columns.claimed_until.is_(None), columns.claimed_until < utc(at))
        due = (
            select(delivery_table)
            .where(columns.state == "waiting", columns.due_at <= utc(at), free)
            .order_by(columns.rank, columns.due_at, columns.id)
            .limit(AT_A_TIME)
        )
        if not self._store.holds("look for deliveries", due):
            return []
        with self._store.transaction("claim deliveries") as connection:
            rows = connection.execute(due.with_for_update(skip_locked=True)).all()
            claimed = []
            for row in rows:
                cases = _cases(connection, row.cases)
                if not any(case.state in UNACKNOWLEDGED for case in cases):
                    DELIVERIES.labels("staff", "dropped").inc()
                    _set(connection, row.id, state="dropped")  # somebody was faster
                    continue
                claims = {"claimed_by": self._worker, "claimed_until": utc(at + LEASE)}
                _set(connection, row.id, **claims)
                claimed.append(_claimed(connection, row, cases))
            return claimed

    def _try(self, settings: Settings, claimed: _Claimed, at: datetime) -> NotifyError | None:
        try:
            target = settings.contacts[claimed.contact].notify[claimed.target]
        except (KeyError, IndexError):
            return NotifyError("the settings no longer have this contact's target", permanent=True)
        try:
            link = link_for(settings.public_url, claimed.key)
            notification = Notification(claimed.key, claimed.reason, claimed.cases, link)
            self._send(settings, target, notification, at)
        except NotifyError as error:
            return error
        except Exception as error:
            logger.exception("Delivery %d failed unexpectedly.", claimed.id)
            return NotifyError(type(error).__name__, permanent=True)
        return None

    def _finish(self, claimed: _Claimed, fault: NotifyError | None, at: datetime) -> None:
        with self._store.transaction("mark a delivery") as connection:
            if fault is None:
                self._mark_sent(connection, claimed, at)
            else:
                self._mark_failed(connection, claimed, fault, at)

    def _mark_sent(self, connection: Connection, claimed: _Claimed, at: datetime) -> None:
        DELIVERIES.labels("staff", "sent").inc()
        attempts = claimed.attempts + 1
        free = {"claimed_by": None, "claimed_until": None, "error": None}
        sent = {"state": "sent", "sent_at": utc(at), "attempts": attempts}
        _set(connection, claimed.id, **sent, **free)
        for case in _of(connection, claimed):
            if case.state == "recorded":
                notified = update(case_table).where(case_table.c.id == case.id)
                connection.execute(notified.values(state="notified"))
            note(connection, case.id, "notified", claimed.contact, "worker", at, attempts=attempts)

    def _mark_failed(
        self, connection: Connection, claimed: _Claimed, fault: NotifyError, at: datetime
    ) -> None:
        attempts, refusals = claimed.attempts + 1, claimed.refusals + fault.permanent
        parked = refusals >= POISONED
        DELIVERIES.labels("staff", "parked" if parked else "failed").inc()
        values: dict[str, Any] = {
            "attempts": attempts,
            "refusals": refusals,
            "error": str(fault)[:500],
            "claimed_by": None,
            "claimed_until": None,
            "due_at": utc(at + max(pause(attempts), fault.wait or timedelta())),
        }
        _set(connection, claimed.id, **values, **({"state": "parked"} if parked else {}))
        log = logger.critical if parked else logger.warning
        where = (claimed.id, claimed.contact, attempts)
        log("Delivery %d to %s failed (attempt %d): %s", *where, fault)
        if not parked:
            return
        for case in _of(connection, claimed):
            note(connection, case.id, "parked", claimed.contact, "worker", at, error=str(fault))
            if case.state == "recorded":
                # It has reached nobody: the next contact need not wait for the limit.
                sooner = update(case_table).where(case_table.c.id == case.id)
                connection.execute(sooner.values(due_at=utc(at)))


def pause(attempts: int) -> timedelta:
    """How long to wait after a number of attempts: doubled each time, with jitter."""
    seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16))
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))


def _claimed(connection: Connection, row: Row, cases: Sequence[Row]) -> _Claimed:
    shown = tuple(
        Case(
            case.reference,
            case.kind,
            case.priority,
            tuple(case.categories),
            case.opened_at,
            origin_of(connection, case),
        )
        for case in cases
    )
    progress = (row.attempts, row.refusals)
    return _Claimed(row.id, row.key, row.reason, row.contact, row.target, *progress, shown)


def _of(connection: Connection, claimed: _Claimed) -> list[Row]:
    ids = select(delivery_table.c.cases).where(delivery_table.c.id == claimed.id)
    return _cases(connection, connection.execute(ids).scalar_one())


def _cases(connection: Connection, ids: Sequence[int]) -> list[Row]:
    chosen = select(case_table).where(case_table.c.id.in_(ids)).order_by(case_table.c.id)
    return list(connection.execute(chosen.with_for_update()).all())


def _set(connection: Connection, delivery_id: int, **values: Any) -> None:
    connection.execute(
        update(delivery_table).where(delivery_table.c.id == delivery_id).values(values)
    )
