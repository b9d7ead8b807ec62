"""The escalation store: each message with a red flag recorded once, in a case, durably."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic.util.exc import CommandError
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.sql import Select

from assistant.escalation.case_file import file_message, lock_conversation
from assistant.escalation.counting import counts_records
from assistant.escalation.database import SECONDS_OF_A_TURN, open_engine
from assistant.escalation.duty.settings import database_url, load_settings
from assistant.escalation.escalation import PERSON_WANTED, Escalation, Recorded
from assistant.escalation.hospital.purge import purge as purge_hospital
from assistant.escalation.migrations import MigrationError, upgrade
from assistant.escalation.tables import (
    case_table,
    delivery_table,
    escalation_table,
    event_table,
    notice_table,
    outbox_table,
    take_over_table,
)
from assistant.escalation.times import now, utc

SMALLEST_FREE_BYTES = 16 * 2**20
PATIENCE = 10.0  # seconds


class EscalationStoreError(Exception):
    """A record could not be written or read; the message says why and what to do."""


class EscalationStore:
    """Escalations in a database of their own.

    Each call has a transaction of its own, committed when it returns, and one that writes a
    connection of its own. Readers share a few: each turn asks twice. The file and the tables are
    made by the first call: a store that cannot be reached stops no start.

    Args:
        url: A SQLAlchemy address.
        patience: Seconds to wait while another process writes. A turn has less than one; who
            works beside the turns has more.
    """

    def __init__(self, url: str, patience: float = SECONDS_OF_A_TURN) -> None:
        self.url = url
        self.patience = patience
        self._engine: Engine | None = None
        self._readers: Engine | None = None
        self._opening = threading.RLock()

    @counts_records
    def record(self, escalation: Escalation) -> Recorded:
        """Records an escalation and files it in a case; the same message again changes nothing.

        What an earlier contact of the last 48 hours was about already is raised, in the same
        transaction, see `assistant.red_flags.repetition`.

        Returns:
            The new record, or the one of the same conversation and message id.

        Raises:
            EscalationStoreError: If it could not be written.
        """
        join_within = load_settings().join_within  # read first: the file is locked for all others
        try:
            with self.transaction("record an escalation") as connection:
                return _record(escalation, connection, join_within)
        except EscalationStoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
        # Another process was faster with the same message: its record is the record.
        with self.transaction("record an escalation") as connection:
            return _record(escalation, connection, join_within)

    def check(self) -> None:
        """Writes a record and takes it back, to know whether the next one can be written.

        Raises:
            EscalationStoreError: If it could not, or the disk is nearly full.
        """
        probe = Escalation("readiness-probe", "readiness-probe", "none", None, None, [])
        with self.transaction("write a probe") as connection:
            # Committed: what is undone would never reach SQLite's log, and a full disk not be seen.
            made = connection.execute(insert(escalation_table).values(_row(probe)))
            own = escalation_table.c.id == made.inserted_primary_key[0]
            connection.execute(delete(escalation_table).where(own))
        file = Path(make_url(self.url).database or "")
        free = shutil.disk_usage(file.parent).free if file.is_file() else None
        if free is not None and free < SMALLEST_FREE_BYTES:
            raise EscalationStoreError(
                f"escalation store {make_url(self.url)!r}: {free} bytes are free on its disk, "
                f"at least {SMALLEST_FREE_BYTES} are needed; free some space"
            )

    def purge(self, older_than: timedelta) -> int:
        """Deletes cases that were last spoken of longer ago than `older_than`, with all of theirs.

        A case that somebody should have acknowledged and nobody has stays, however old it is.

        Returns:
            How many messages were deleted.

        Raises:
            EscalationStoreError: If that failed; nothing is deleted then.
        """
        columns = case_table.c
        seen = or_(columns.state.in_(("acknowledged", "closed")), columns.priority == "review")
        old = select(columns.id).where(columns.last_mention_at < utc(now() - older_than), seen)
        with self.transaction("delete old records") as connection:
            purge_hospital(connection, now() - older_than)
            gone = [row.id for row in connection.execute(old)]
            count = 0
            for case in gone:
                count += connection.execute(_of_case(escalation_table, case)).rowcount
                for table in (notice_table, take_over_table, outbox_table, event_table):
                    connection.execute(_of_case(table, case))
                connection.execute(delete(case_table).where(case_table.c.id == case))
            # A working list stands until the last of its cases is gone.
            left = set(connection.execute(select(columns.id)).scalars())
            deliveries = select(delivery_table.c.id, delivery_table.c.cases)
            for row in connection.execute(deliveries).all():
                if not left & set(row.cases):
                    connection.execute(delete(delivery_table).where(delivery_table.c.id == row.id))
            return count

    def records(self) -> list[dict[str, Any]]:
        """All records as dictionaries, oldest first.

        Raises:
            EscalationStoreError: If they could not be read.
        """
        in_order = select(escalation_table).order_by(escalation_table.c.id)
        with self.reading("read records") as connection:
            return [*map(dict, connection.execute(in_order).mappings())]

    @contextmanager
    def transaction(self, what: str) -> Iterator[Connection]:
        """A transaction that writes; committed at the end, undone when something is raised.

        Args:
            what: What it does, for the message of an error.

        Raises:
            EscalationStoreError: If the database failed.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, CommandError, MigrationError, OSError) as error:
            raise self._error(what, error) from error

    @contextmanager
    def reading(self, what: str) -> Iterator[Connection]:
        """A transaction that only reads, and so waits for no writer.

        Raises:
            EscalationStoreError: If the database failed.
        """
        try:
            with self._reader.connect().execution_options(reads_only=True) as connection:
                yield connection
        except (SQLAlchemyError, CommandError, MigrationError, OSError) as error:
            raise self._error(what, error) from error

    def holds(self, what: str, rows: Select) -> bool:
        """Whether there is any of these rows: a look before a transaction that would lock others.

        Args:
            what: What it looks for, for the message of an error.
            rows: Selects them.

        Raises:
            EscalationStoreError: If the database failed.
        """
        with self.reading(what) as connection:
            return connection.execute(rows.limit(1)).first() is not None

    @property
    def engine(self) -> Engine:
        """The engine, with all tables made."""
        with self._opening:
            if self._engine is None:
                engine = open_engine(self.url, "FULL", patience=self.patience)
                upgrade(engine)
                self._engine = engine
            return self._engine

    @property
    def _reader(self) -> Engine:
        with self._opening:
            if self._engine is None or self._readers is None:
                _ = self.engine  # with its tables
                self._readers = open_engine(self.url, "FULL", pooled=True, patience=self.patience)
            return self._readers

    def _error(self, what: str, cause: Exception) -> EscalationStoreError:
        if not isinstance(cause, IntegrityError):
            # The next call opens anew: the file may have been replaced.
            self._engine = self._readers = None
        original = getattr(cause, "orig", None) or cause
        return EscalationStoreError(
            f"escalation store {make_url(self.url)!r}: could not {what}: "
            f"{type(original).__name__}: {original}; "
            "check that the folder exists, belongs to this user, has space, and that no other "
            "program holds the file"
        )


def _record(escalation: Escalation, connection: Connection, join_within: timedelta) -> Recorded:
    lock_conversation(connection, escalation.conversation)
    known = connection.execute(_same_message(escalation, escalation.message_id)).first()
    if known is not None and _says_other(known, escalation):
        # Another message under a used id: it must not be taken for the first.
        escalation = replace(escalation, message_id=_other_id(escalation))
        known = connection.execute(_same_message(escalation, escalation.message_id)).first()
    if known is not None:
        stands = replace(
            escalation, mentions=known.mentions, priority=known.priority, urgency=known.urgency
        )
        return Recorded(known.id, is_new=False, escalation=stands, case=known.reference)
    raised = _raised(escalation, connection)
    filed = file_message(connection, raised, join_within)
    row = {**_row(raised), "case_id": filed.case_id}
    made = connection.execute(insert(escalation_table).values(row)).inserted_primary_key[0]
    return Recorded(made, True, raised, filed.reference, filed.ask_contact)


def _row(escalation: Escalation) -> dict[str, Any]:
    values = {**escalation.__dict__, "recorded_at": utc(escalation.recorded_at)}
    return {name: value for name, value in values.items() if name in escalation_table.c}


def _same_message(escalation: Escalation, message_id: str) -> Select:
    columns = escalation_table.c
    return (
        select(
            columns.id, columns.mentions, columns.priority, columns.urgency, case_table.c.reference
        )
        .select_from(escalation_table.outerjoin(case_table))
        .where(columns.conversation == escalation.conversation, columns.message_id == message_id)
    )


def _raised(escalation: Escalation, connection: Connection) -> Escalation:
    """The escalation, raised where an earlier contact was about the same."""
    # Here, for spaCy comes with it: seconds and memory that the worker does without.
    from assistant.red_flags.repetition import AGAIN_WITHIN, SAME_CONTACT, raise_repeated

    columns = escalation_table.c
    earlier = connection.execute(
        select(columns.mentions).where(
            columns.conversation == escalation.conversation,
            columns.recorded_at >= utc(escalation.recorded_at - AGAIN_WITHIN),
            columns.recorded_at <= utc(escalation.recorded_at - SAME_CONTACT),
        )
    ).scalars()
    mentions = raise_repeated(escalation.mentions, earlier)
    if mentions == escalation.mentions:
        return escalation
    return replace(
        escalation,
        mentions=mentions,
        priority=mentions[0]["priority"],
        urgency=mentions[0]["urgency"],
    )


def _of_case(table: Any, case: int) -> Any:
    return delete(table).where(table.c.case_id == case)


def _says_other(known: Row, escalation: Escalation) -> bool:
    """Whether a message under a used id is another one."""
    persons = {known.priority == "person", escalation.kind == PERSON_WANTED}
    return len(persons) > 1 or _said(known.mentions) != _said(escalation.mentions)


def _said(mentions: list[dict[str, Any]]) -> list[list[Any]]:
    """What tells one message's mentions from another's."""
    keys = ("category", "status", "words")
    return sorted([str(mention.get(key)) for key in keys] for mention in mentions)


def _other_id(escalation: Escalation) -> str:
    digest = hashlib.sha256(json.dumps(_said(escalation.mentions)).encode()).hexdigest()
    return f"{escalation.message_id[:200]}~{digest[:12]}"


def default_store() -> EscalationStore:
    """The site's own escalation store as turns use it, one in the process."""
    return _store(database_url(), SECONDS_OF_A_TURN)


def patient_store() -> EscalationStore:
    """The same for work beside the turns: it waits for a lock rather than fail."""
    return _store(database_url(), PATIENCE)


@lru_cache(maxsize=8)
def _store(url: str, patience: float) -> EscalationStore:
    return EscalationStore(url, patience)
