"""What the hospital gave us: kept before they are told so, answered once, in order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import and_, case, delete, insert, or_, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from assistant.escalation.hospital.arrival import (
    Arrival,
    Fetch,
    Nonce,
    ReplayedError,
    TaskUpdate,
    Waiting,
)
from assistant.escalation.hospital.fetching import keep_name
from assistant.escalation.hospital.names import keyed
from assistant.escalation.hospital.outgoing import Outgoing, put
from assistant.escalation.hospital.task_updates import apply_update
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.escalation.tables import (
    case_table,
    identity_table,
    inbound_table,
    nonce_table,
    outgoing_table,
    thread_table,
)
from assistant.escalation.times import utc

LEASE = timedelta(seconds=60)  # longer than a turn may take
LATE = timedelta(minutes=10)  # between sending and arrival

Arrives = Arrival | Fetch | TaskUpdate
Finished = Literal["more", "over", "lost"]


class Inbox:
    """Keeps, claims and finishes messages; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
        worker: Name of the process, for claims.
        prefix: With which names of conversations begin; tells the channels apart.
    """

    def __init__(self, store: EscalationStore, worker: str, prefix: str) -> None:
        self._store = store
        self._worker = worker
        self._prefix = prefix

    def take(
        self, arrivals: Sequence[Arrives], at: datetime, nonce: Nonce | None = None
    ) -> list[bool]:
        """Keeps what arrived: all of it or nothing.

        Args:
            arrivals: In the order in which they came.
            at: The present moment, UTC.
            nonce: Of the request.

        Returns:
            Of each whether it is new.

        Raises:
            ReplayedError: If the nonce was used before; nothing is kept then.
        """
        try:
            return self._take(arrivals, at, nonce)
        except EscalationStoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        # Another replica was faster with the same: now it can be seen.
        return self._take(arrivals, at, nonce)

    def _take(self, arrivals: Sequence[Arrives], at: datetime, nonce: Nonce | None) -> list[bool]:
        with self._store.transaction("keep what the hospital sent") as connection:
            if nonce is not None:
                _use(connection, nonce, at)
            return [self.take_one(connection, one, at) for one in arrivals]

    def take_one(self, connection: Connection, one: Arrives, at: datetime) -> bool:
        """Keeps one of them in a transaction; returns whether it is new, or changed anything."""
        if isinstance(one, TaskUpdate):
            return apply_update(connection, one, at)
        if isinstance(one, Fetch):
            return keep_name(connection, one, at)
        return self._keep(connection, one, at)

    def claim(self, limit: int, at: datetime) -> list[str]:
        """Takes conversations in which something waits, until the claim runs out."""
        with self._store.reading("look for messages") as connection:
            if not connection.execute(self._claimable(1, at)).all():
                return []
        with self._store.transaction("claim conversations") as connection:
            found = self._claimable(limit, at).with_for_update(skip_locked=True)
            names = list(connection.execute(found).scalars())
            claims = {"claimed_by": self._worker, "claimed_until": utc(at + LEASE)}
            for name in names:
                _of_thread(connection, name, **claims)
            return names

    def next(self, conversation: str) -> Waiting | None:
        """The first message of a conversation that waits: by when it was sent."""
        columns = inbound_table.c
        first = (
            select(inbound_table, thread_table.c.answered_to)
            .select_from(
                inbound_table.join(
                    thread_table, thread_table.c.conversation == columns.conversation
                )
            )
            .where(columns.conversation == conversation, columns.state == "waiting")
            .order_by(columns.sent_at, columns.id)
            .limit(1)
        )
        with self._store.reading("read a message") as connection:
            row = connection.execute(first).first()
        return None if row is None else _waiting(row)

    def finish(self, message: Waiting, replies: Sequence[Outgoing], at: datetime) -> Finished:
        """Notes that a message is answered, with its replies; the words are forgotten.

        Returns:
            "more" where the conversation goes on and stays claimed, "over" where it was released,
            "lost" where another replica was faster: then its replies stand.
        """
        try:
            return self._finish(message, replies, at)
        except EscalationStoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            return "lost"

    def _finish(self, message: Waiting, replies: Sequence[Outgoing], at: datetime) -> Finished:
        columns = inbound_table.c
        with self._store.transaction("keep a reply") as connection:
            waiting = update(inbound_table).where(
                columns.id == message.id, columns.state == "waiting"
            )
            done = {"state": "answered", "content": None}
            if not connection.execute(waiting.values(done)).rowcount:
                return "lost"
            for reply in replies:
                put(connection, reply, at)
            own = connection.execute(select(columns.sent_at).where(columns.id == message.id))
            sent_at, answered_to = own.scalar_one(), thread_table.c.answered_to
            later = or_(answered_to.is_(None), answered_to < sent_at)
            others = select(columns.id).where(
                columns.conversation == message.conversation, columns.state == "waiting"
            )
            goes_on = connection.execute(others.limit(1)).first() is not None
            values = {
                "answered_to": case([(later, sent_at)], else_=answered_to),
                "claimed_until": utc(at + LEASE) if goes_on else None,
            }
            _of_thread(connection, message.conversation, **values)
            subject = (message.address.get("subject") or {}).get("reference")
            if subject:
                named = case_table.c.conversation == message.conversation
                unknown = and_(named, case_table.c.subject.is_(None))
                connection.execute(update(case_table).where(unknown).values(subject=subject[:255]))
            return "more" if goes_on else "over"

    def release(self, conversation: str) -> None:
        """Gives a conversation back to whoever asks next."""
        with self._store.transaction("release a conversation") as connection:
            own = thread_table.c.claimed_by == self._worker
            free = update(thread_table).where(thread_table.c.conversation == conversation, own)
            connection.execute(free.values(claimed_by=None, claimed_until=None))

    def _claimable(self, limit: int, at: datetime) -> Any:
        threads, columns = thread_table.c, inbound_table.c
        waits = select(columns.id).where(
            columns.conversation == threads.conversation, columns.state == "waiting"
        )
        free = or_(threads.claimed_until.is_(None), threads.claimed_until < utc(at))
        own = threads.conversation.startswith(self._prefix, autoescape=True)
        return (
            select(threads.conversation)
            .where(own, free, waits.exists())
            .order_by(threads.last_at)
            .limit(limit)
        )

    def _keep(self, connection: Connection, one: Arrival, at: datetime) -> bool:
        said = [one.subject, one.text, *one.refusals]
        names = [keyed(one.route, name, *said) for name in one.identities]
        if names:
            columns = identity_table.c
            known = select(columns.inbound_id).where(columns.key.in_(names))
            standing = connection.execute(known.limit(1)).scalar()
            if standing is not None:
                _know(connection, standing, names, one.reference)
                return False
        conversation = self._conversation(connection, one)
        self._touch(connection, conversation, one, at)
        # What nothing identifies is always new: rather answered twice than lost.
        own_name = names[0] if names else uuid.uuid4().hex
        made = connection.execute(
            insert(inbound_table).values(
                conversation=conversation,
                route=one.route,
                message_id=f"m-{own_name}",
                reference=one.reference,
                state="waiting",
                content={
                    "text": one.text,
                    "refusals": list(one.refusals),
                    "address": one.address,
                    "answerable": one.answerable,
                },
                received_at=utc(at),
                sent_at=utc(_sent(one, at)),
                attempts=0,
                due_at=utc(at),
            )
        ).inserted_primary_key[0]
        _know(connection, made, names, one.reference)
        return True

    def _conversation(self, connection: Connection, one: Arrival) -> str:
        """The thread: that of the messages it follows, or by what it is named, or the patient's."""
        subject = keyed(one.route, one.subject)
        for table in (inbound_table, outgoing_table):
            if not one.follows:
                break
            columns = table.c
            found = (
                select(thread_table.c.conversation)
                .select_from(
                    table.join(thread_table, thread_table.c.conversation == columns.conversation)
                )
                .where(
                    columns.reference.in_(one.follows),
                    columns.route == one.route,
                    thread_table.c.subject == subject,  # nobody enters another's thread
                )
                .limit(1)
            )
            standing: str | None = connection.execute(found).scalar()
            if standing is not None:
                return standing
        named = [
            f"{self._prefix}{keyed(one.route, one.subject, thread)}"
            for thread in (one.reference, *one.threads)
            if thread is not None
        ]
        own = named[0] if one.reference is not None else None
        if own is not None:  # an answer to this message may have come before it
            early = select(thread_table.c.conversation).where(thread_table.c.conversation == own)
            if connection.execute(early).first() is not None:
                return own
        rest = named[1:] if one.reference is not None else named
        return rest[0] if rest else f"{self._prefix}{keyed(one.route, one.subject, '')}"

    def _touch(self, connection: Connection, name: str, one: Arrival, at: datetime) -> None:
        own = thread_table.c.conversation == name
        values = {"address": one.address, "last_at": utc(at)}
        if not connection.execute(update(thread_table).where(own).values(values)).rowcount:
            known = {"conversation": name, "route": one.route}
            subject = keyed(one.route, one.subject)
            connection.execute(insert(thread_table).values(**known, subject=subject, **values))


def _use(connection: Connection, nonce: Nonce, at: datetime) -> None:
    columns = nonce_table.c
    connection.execute(delete(nonce_table).where(columns.expires_at < utc(at)))
    used = select(columns.key).where(columns.key == nonce.key)
    if connection.execute(used).first() is not None:
        raise ReplayedError("this request came before")
    values = {"key": nonce.key, "expires_at": utc(nonce.expires_at)}
    connection.execute(insert(nonce_table).values(values))


def _sent(one: Arrival, at: datetime) -> datetime:
    """When it was sent: their clock may be a little ahead of ours, not far."""
    return at if one.sent_at is None or one.sent_at > at + LATE else one.sent_at


def _know(connection: Connection, inbound: int, names: list[str], reference: str | None) -> None:
    """Notes by what else a message is known."""
    columns = identity_table.c
    known = connection.execute(select(columns.key).where(columns.key.in_(names))).scalars()
    new = [{"key": name, "inbound_id": inbound} for name in {*names} - {*known}]
    if new:
        connection.execute(insert(identity_table), new)
    if reference is not None:
        own = and_(inbound_table.c.id == inbound, inbound_table.c.reference.is_(None))
        connection.execute(update(inbound_table).where(own).values(reference=reference))


def _waiting(row: Row) -> Waiting:
    content = row.content
    behind = row.answered_to is not None and row.sent_at < row.answered_to
    late = behind or row.received_at - row.sent_at > LATE
    return Waiting(
        row.id,
        row.conversation,
        row.route,
        row.message_id,
        content["text"],
        tuple(content["refusals"]),
        content["address"],
        content["answerable"],
        row.sent_at if late else None,
    )


def _of_thread(connection: Connection, name: str, **values: Any) -> None:
    own = thread_table.c.conversation == name
    connection.execute(update(thread_table).where(own).values(values))
