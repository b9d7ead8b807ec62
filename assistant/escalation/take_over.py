"""A person writes in a patient's conversation for a while, in place of the assistant's answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection, Row

from assistant.escalation.case_file import ASSISTANT, lock_conversation, note
from assistant.escalation.cases import acknowledge, close, find_case, require_unchanged
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.notices import STAFF, TAKEN_OVER, leave_notice
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, notice_table, take_over_table
from assistant.escalation.take_over_record import (
    WORKER,
    TakeOver,
    change_take_over,
    find_take_over,
    hand_back,
    leave_alone,
    make_take_over,
    take_over_of,
)
from assistant.escalation.times import now, utc

CONSOLE = "console"
MOST_CHARACTERS = 4000


class TakeOverError(Exception):
    """The conversation cannot be taken over, written to or left; the message says why."""


class TakenError(TakeOverError):
    """Somebody else writes in the conversation.

    Attributes:
        name: Their first name.
        staff: Their login.
    """

    def __init__(self, standing: TakeOver) -> None:
        super().__init__(f"{standing.name} is writing in this conversation")
        self.name, self.staff = standing.name, standing.staff


class ClosedError(TakeOverError):
    """The case is closed."""


class NotTakenOverError(TakeOverError):
    """Whoever wants to write does not have the conversation, or has it no longer."""


class UnreadError(TakeOverError):
    """The patient has written something that the person has not seen."""


class LineError(TakeOverError):
    """A line cannot be sent as it is."""


class TakeOvers:
    """Who writes in which conversation; each call is one transaction.

    The state is in the store alone: it outlives each process, and all of them see the same. All
    methods that name a case raise `NoSuchCaseError` where there is none.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def begin(
        self,
        reference: str,
        staff: str,
        name: str,
        at: datetime | None = None,
        shown: str | None = None,
        instead_of: str | None = None,
    ) -> TakeOver:
        """Takes a case's conversation over and acknowledges the case; the patient is told.

        Args:
            reference: Of the case.
            staff: The account's login.
            name: First name, which the patient reads.
            at: When; by default now.
            shown: What the person saw of the case, by `shown_state`, where a page showed it.
            instead_of: Login of somebody from whom it is taken, where they have it.

        Returns:
            The take-over; the one that stands where the person has the conversation already.

        Raises:
            ChangedError: If the case has changed since it was shown.
            ClosedError: If it is closed.
            TakenError: If somebody else has the conversation.
        """
        at = at or now()
        with self._on(reference, "take a conversation over") as (connection, case):
            require_unchanged(case, shown)
            if case.state == "closed":
                raise ClosedError(f"case {case.reference} is closed")
            standing = find_take_over(connection, case.conversation, lock=True)
            if standing is not None and standing.staff == staff:
                return standing
            if standing is not None:
                if standing.staff != instead_of:
                    raise TakenError(standing)
                change_take_over(connection, standing.id, ended_at=utc(at))
                what = "taken from somebody"
                note(connection, standing.case_id, what, staff, CONSOLE, at, staff=standing.staff)
            made = make_take_over(connection, case, staff, name, at)
            acknowledge(connection, case, staff, CONSOLE, at)
            note(connection, case.id, "taken over", staff, CONSOLE, at)
            leave_notice(connection, case.id, case.conversation, TAKEN_OVER, at, name=name)
            return made

    def write(
        self,
        reference: str,
        staff: str,
        text: str,
        key: str,
        at: datetime | None = None,
        read_until: datetime | None = None,
    ) -> bool:
        """Sends a line to the patient.

        Args:
            reference: Of a case of the conversation.
            staff: The account's login.
            text: The line, at most `MOST_CHARACTERS` characters.
            key: Of the form that it was typed into: the same line sent twice arrives once, other
                words under the same key are another line.
            at: When; by default now.
            read_until: When the patient wrote the last message that the person saw; by default they
                saw all.

        Returns:
            False where that line was sent before.

        Raises:
            NotTakenOverError: If the person does not have the conversation.
            LineError: If the line is empty or too long, or has no key.
        """
        at, text = at or now(), text.strip()
        if not 0 < len(text) <= MOST_CHARACTERS:
            raise LineError(
                f"a line has 1 to {MOST_CHARACTERS} characters, this one has {len(text)}"
            )
        if not key:
            raise LineError("the form has no key: load the page again")
        with self._on(reference, "write to a patient") as (connection, case):
            own_key = hashlib.sha256(f"{case.conversation}\n{key}\n{text}".encode()).hexdigest()
            sent = select(notice_table.c.id).where(notice_table.c.key == own_key)
            if connection.execute(sent).first() is not None:
                return False
            standing = _held(connection, case.conversation, staff)
            person = {"name": standing.name, "text": text, "key": own_key}
            leave_notice(connection, case.id, case.conversation, STAFF, at, **person)
            read = utc(min(read_until or at, at, key=utc))
            change_take_over(connection, standing.id, staff_at=utc(at), read_at=read)
            note(connection, case.id, "wrote to the patient", staff, CONSOLE, at)
            return True

    def hand_back(
        self,
        reference: str,
        staff: str,
        at: datetime | None = None,
        read_until: datetime | None = None,
    ) -> bool:
        """Gives the conversation back to the assistant; the patient is told.

        Args:
            reference: Of a case of the conversation.
            staff: The account's login.
            at: When; by default now.
            read_until: As for `write`.

        Returns:
            False where the person does not have the conversation.

        Raises:
            UnreadError: If the patient has written since `read_until`.
        """
        at = at or now()
        with self._on(reference, "hand a conversation back") as (connection, case):
            standing = find_take_over(connection, case.conversation, lock=True)
            if standing is None or standing.staff != staff:
                return False
            _require_read(standing, read_until)
            hand_back(connection, standing, staff, CONSOLE, at)
            return True

    def close(
        self,
        reference: str,
        staff: str,
        at: datetime | None = None,
        outcome: str | None = None,
        remark: str | None = None,
        shown: str | None = None,
        read_until: datetime | None = None,
    ) -> bool:
        """Closes a case, and ends the take-over that began from it.

        Args:
            reference: Of the case.
            staff: The account's login.
            at: When; by default now.
            outcome: As for `CaseBook.close`, and the next one.
            remark: The person's own words on it.
            shown: As for `begin`.
            read_until: As for `write`.

        Returns:
            False where it was closed before.

        Raises:
            ChangedError: If the case has changed since it was shown.
            TakenError: If somebody else writes in its conversation.
            UnreadError: If the patient has written since `read_until`.
            ValueError: If there is no such outcome.
        """
        at = at or now()
        with self._on(reference, "close a case") as (connection, case):
            require_unchanged(case, shown)
            standing = find_take_over(connection, case.conversation, lock=True)
            if standing is not None and standing.staff != staff:
                raise TakenError(standing)
            if standing is not None:
                _require_read(standing, read_until)
            if not close(connection, case, staff, CONSOLE, at, outcome, remark):
                return False
            if standing is not None and standing.case_id == case.id:
                hand_back(connection, standing, staff, CONSOLE, at)
            return True

    def message_arrives(self, conversation: str, at: datetime | None = None) -> TakeOver | None:
        """Whoever reads a message that arrives now; None where the assistant answers it."""
        at = at or now()
        within = load_settings().take_over_within
        standing = self.of_conversation(conversation)
        if standing is None:
            return None
        if standing.staff_at <= utc(at - within):  # no worker has looked since
            self.end_forgotten(within, at)
            return None
        with self._store.transaction("note a message") as connection:
            return (
                standing if change_take_over(connection, standing.id, patient_at=utc(at)) else None
            )

    def of_conversation(self, conversation: str) -> TakeOver | None:
        """Who writes in a conversation now, None where nobody does."""
        with self._store.reading("read a take-over") as connection:
            return find_take_over(connection, conversation)

    def standing(self) -> list[TakeOver]:
        """All conversations that are taken over now, the oldest first."""
        open_ones = select(take_over_table).where(take_over_table.c.ended_at.is_(None))
        with self._store.reading("read take-overs") as connection:
            rows = connection.execute(open_ones.order_by(take_over_table.c.id)).all()
        return [take_over_of(row) for row in rows]

    def end_of(self, staff: str, at: datetime | None = None) -> int:
        """Ends those of a person who may no longer write; returns how many."""
        own = [one for one in self.standing() if one.staff == staff]
        return sum(self._leave(one, None, at or now()) for one in own)

    def end_forgotten(self, within: timedelta, at: datetime | None = None) -> int:
        """Ends those of closed cases, and those in which the person has been silent for too long.

        The patient is told. Where the patient waits the case begins anew with whoever is on duty,
        also one that was closed meanwhile by somebody who did not see the conversation.

        Args:
            within: How long a person may be silent.
            at: The present moment; by default now.

        Returns:
            How many were ended.
        """
        at = at or now()
        columns = take_over_table.c
        over = (
            select(take_over_table)
            .select_from(take_over_table.join(case_table))
            .where(
                columns.ended_at.is_(None),
                or_(columns.staff_at <= utc(at - within), case_table.c.state == "closed"),
            )
            .order_by(columns.id)
        )
        with self._store.reading("look for forgotten take-overs") as connection:
            found = [take_over_of(row) for row in connection.execute(over)]
        return sum(self._leave(one, within, at) for one in found)

    def _leave(self, found: TakeOver, within: timedelta | None, at: datetime) -> bool:
        """Ends one, if it still stands and is still to be ended."""
        with self._store.transaction("end a take-over") as connection:
            lock_conversation(connection, found.conversation)
            columns = case_table.c
            case = connection.execute(
                select(columns.state).where(columns.id == found.case_id).with_for_update()
            ).one()
            standing = find_take_over(connection, found.conversation, lock=True)
            if standing is None or standing.id != found.id:
                return False
            closed = case.state == "closed"
            if within is not None and standing.staff_at > utc(at - within) and not closed:
                return False
            if closed and not standing.patient_waits:
                hand_back(connection, standing, ASSISTANT, WORKER, at)
            else:
                leave_alone(connection, standing, ASSISTANT, WORKER, at)
            return True

    @contextmanager
    def _on(self, reference: str, what: str) -> Iterator[tuple[Connection, Row]]:
        """A transaction on a case; nobody else takes its conversation over meanwhile."""
        with self._store.transaction(what) as connection:
            # In the order in which a message is recorded: the conversation, then its cases.
            lock_conversation(connection, find_case(connection, reference).conversation)
            yield connection, find_case(connection, reference, lock=True)


def _held(connection: Connection, conversation: str, staff: str) -> TakeOver:
    standing = find_take_over(connection, conversation, lock=True)
    if standing is None:
        raise NotTakenOverError("nobody has taken this conversation over")
    if standing.staff != staff:
        raise NotTakenOverError(f"{standing.name} is writing in this conversation")
    return standing


def _require_read(standing: TakeOver, read_until: datetime | None) -> None:
    if read_until is not None and standing.is_unread(read_until):
        raise UnreadError("the patient has written since the page was shown")
