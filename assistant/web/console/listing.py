"""The list of cases: in the order in which they must be looked at, page by page, by indexes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, literal, or_, select, union
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import literal_column

from assistant.escalation.delivery.message import about
from assistant.escalation.delivery.process import worker_fault
from assistant.escalation.escalation import PRIORITIES, category_ids
from assistant.escalation.lateness import late_at
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, event_table, take_over_table
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now

PAGE_SIZE = 50
MOST_EMERGENCIES = 20  # that pages announce; the number of all is shown beside them
STATES = ("open", "unseen", "seen", "closed", "all")
LONGEST_SEARCH = 100
FEWEST_DIGITS = 3
END_OF_NUMBER = 9  # "07700 900123" and "+44 7700 900123" are one

# Word for word as migration 4 has them: an index on an expression serves that one alone.
_ORDER_TEXT = (
    "(CASE WHEN state IN ('recorded', 'notified') THEN 0 ELSE 4 END"
    " + CASE priority WHEN 'page' THEN 0 WHEN 'same-day' THEN 1 WHEN 'person' THEN 2 ELSE 3 END)"
)
_ORDER = literal_column(_ORDER_TEXT)
_PAGE = literal_column("0")
_OPEN = literal_column("state <> 'closed'")
_UNSEEN = literal_column(f"{_ORDER_TEXT} < 4")
_REFERENCE = re.compile(r"[0-9A-Fa-f]{2,16}")


@dataclass(frozen=True)
class Wanted:
    """Which cases are wanted.

    Attributes:
        state: One of `STATES`.
        priority: One of `PRIORITIES`, or None for all.
        mine: A login: those that this person acknowledged or writes in.
        search: Part of a reference, category, conversation, name or number.
        page: From 1.
    """

    state: str = "open"
    priority: str | None = None
    mine: str | None = None
    search: str = ""
    page: int = 1

    def __post_init__(self) -> None:
        if self.state not in STATES or self.priority not in (None, *PRIORITIES):
            raise ValueError(
                f"state {self.state!r}, priority {self.priority!r}: allowed are "
                f"{', '.join(STATES)} and {', '.join(PRIORITIES)}"
            )


@dataclass(frozen=True)
class Page:
    """Some cases of a list.

    Attributes:
        rows: Columns of the case, `writer` (first name of who has the conversation) and
            `is_overdue`.
        total: How many there are on all pages.
        number: Of this page, from 1.
        pages: How many there are.
    """

    rows: list[Row]
    total: int
    number: int
    pages: int


@dataclass(frozen=True)
class Emergency:
    """A case of priority "page" that nobody has acknowledged.

    Attributes:
        reference: What people call it.
        about: What it is about.
        round: Changes when it begins anew: reopened, raised, or left alone.
    """

    reference: str
    about: str
    round: str


@dataclass(frozen=True)
class Wait:
    """A patient who waits for the person who has taken the conversation over.

    Attributes:
        reference: Of the case from which it was taken over.
        conversation: Of the patient.
        staff: Login of the person.
        name: Their first name.
        since: UTC without a zone.
    """

    reference: str
    conversation: str
    staff: str
    name: str
    since: datetime


@dataclass(frozen=True)
class Pulse:
    """What tells whether a list that was shown still holds.

    Attributes:
        version: Changes with any event of any case.
        overdue: How many cases nobody has acknowledged in time.
        fault: What keeps escalations from reaching people, or None.
        unseen: How many cases nobody has acknowledged, by priority, the most pressing first.
        emergencies: The newest of those that page somebody.
        waits: Patients who wait for an answer of a person.
    """

    version: int
    overdue: int
    fault: str | None
    unseen: dict[str, int]
    emergencies: tuple[Emergency, ...]
    waits: tuple[Wait, ...]

    def __str__(self) -> str:
        shown = (self.fault, self.unseen, self.emergencies, self.waits)
        digest = hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
        return f"{self.version}.{self.overdue}.{digest}"


class Listing:
    """Reads the list; each call is one transaction.

    Args:
        store: The escalation store. All methods raise `EscalationStoreError` where it fails.
    """

    def __init__(self, store: EscalationStore) -> None:
        self._store = store

    def page(self, wanted: Wanted, at: datetime | None = None) -> Page:
        """One page of the cases that are wanted.

        Args:
            wanted: Which.
            at: The present moment; by default now.
        """
        conditions = _conditions(wanted)
        columns = case_table.c
        in_order = (
            [_ORDER, columns.opened_at, columns.id]
            if wanted.state in ("open", "unseen", "seen")
            else [columns.opened_at.desc(), columns.id.desc()]
        )
        with self._store.reading("list cases") as connection:
            counted = select(func.count()).select_from(case_table).where(*conditions)
            total = int(connection.execute(counted).scalar_one())
            pages = max(1, -(-total // PAGE_SIZE))
            number = min(max(1, wanted.page), pages)
            ids = (
                select(columns.id)
                .where(*conditions)
                .order_by(*in_order)
                .limit(PAGE_SIZE)
                .offset((number - 1) * PAGE_SIZE)
            )
            found = list(connection.execute(ids).scalars())
            return Page(_rows(connection, found, at or now()), total, number, pages)

    def pulse(self, at: datetime | None = None) -> Pulse:
        """What a page asks for every two seconds: a few small look-ups."""
        moment = at or now()
        with self._store.reading("look for changes") as connection:
            version = connection.execute(select(func.max(event_table.c.id))).scalar() or 0
            waiting = select(func.count()).select_from(case_table)
            late = waiting.where(_OPEN, _UNSEEN, late_at(moment))
            overdue = int(connection.execute(late).scalar_one())
            unseen, emergencies = _counts(connection), _emergencies(connection)
        fault, waits = worker_fault(self._store, at), self._waits()
        return Pulse(int(version), overdue, fault, unseen, emergencies, waits)

    def _waits(self) -> tuple[Wait, ...]:
        waiting = [one for one in TakeOvers(self._store).standing() if one.patient_waits]
        if not waiting:
            return ()
        columns = case_table.c
        named = select(columns.id, columns.reference).where(
            columns.id.in_([one.case_id for one in waiting])
        )
        with self._store.reading("read cases") as connection:
            references = dict(connection.execute(named).all())
        return tuple(
            Wait(references[one.case_id], one.conversation, one.staff, one.name, one.patient_at)
            for one in waiting
            if one.patient_at is not None and one.case_id in references
        )


def is_late(store: EscalationStore, case_id: int, at: datetime | None = None) -> bool:
    """Whether nobody has acknowledged a case in time.

    Raises:
        EscalationStoreError: If the store could not be read.
    """
    late = select(case_table.c.id).where(case_table.c.id == case_id, late_at(at or now()))
    with store.reading("read a case") as connection:
        return connection.execute(late).first() is not None


def _counts(connection: Connection) -> dict[str, int]:
    columns = case_table.c
    counted = (
        select(columns.priority, func.count()).where(_OPEN, _UNSEEN).group_by(columns.priority)
    )
    found = dict(connection.execute(counted).all())
    return {priority: found.get(priority, 0) for priority in PRIORITIES}


def _emergencies(connection: Connection) -> tuple[Emergency, ...]:
    columns = case_table.c
    newest = (
        select(columns.reference, columns.kind, columns.categories, columns.begun_at)
        .where(_OPEN, _UNSEEN, _ORDER == _PAGE)
        .order_by(columns.begun_at.desc(), columns.id.desc())
        .limit(MOST_EMERGENCIES)
    )
    return tuple(
        Emergency(row.reference, about(row.kind, row.categories), row.begun_at.isoformat())
        for row in connection.execute(newest)
    )


def _rows(connection: Connection, ids: list[int], at: datetime) -> list[Row]:
    columns = case_table.c
    writer = select(take_over_table.c.name).where(
        take_over_table.c.conversation == columns.conversation, take_over_table.c.ended_at.is_(None)
    )
    found = connection.execute(
        select(
            case_table,
            writer.limit(1).scalar_subquery().label("writer"),
            late_at(at).label("is_overdue"),
        ).where(columns.id.in_(ids))
    )
    by_id = {row.id: row for row in found}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def _conditions(wanted: Wanted) -> list[Any]:
    columns = case_table.c
    conditions: list[Any] = []
    if wanted.state in ("open", "unseen", "seen"):
        conditions.append(_OPEN)
    if wanted.state == "unseen":
        conditions.append(_UNSEEN)
    if wanted.state == "seen":
        conditions.append(columns.state == "acknowledged")
    if wanted.state == "closed":
        conditions.append(columns.state == "closed")
    if wanted.priority:
        conditions.append(columns.priority == wanted.priority)
    if wanted.mine:
        writes_in = select(take_over_table.c.conversation).where(
            take_over_table.c.staff == wanted.mine, take_over_table.c.ended_at.is_(None)
        )
        conditions.append(
            or_(columns.acknowledged_by == wanted.mine, columns.conversation.in_(writes_in))
        )
    search = " ".join(wanted.search.split())[:LONGEST_SEARCH]
    if search:
        conditions.append(columns.id.in_(union(*_found_by(search)).subquery().select()))
    return conditions


def _found_by(search: str) -> list[Any]:
    """Ways in which a search finds a case, each by an index of its own."""
    columns = case_table.c
    ids = select(columns.id)
    kept = ids.where(columns.contact_number.isnot(None))
    ways = [
        ids.where(columns.conversation == search),
        kept.where(columns.contact_name.ilike(f"%{_escaped(search)}%", escape="\\")),
    ]
    if _REFERENCE.fullmatch(search):
        first = search.upper()
        ways.append(ids.where(columns.reference >= first, columns.reference < f"{first}G"))
    digits = re.sub(r"\D", "", search)
    if len(digits) >= FEWEST_DIGITS and not re.search(r"[A-Za-z]", search):
        ways.append(
            kept.where(_digits(columns.contact_number).like(f"%{digits[-END_OF_NUMBER:]}%"))
        )
    named = [one for one in category_ids() if search.lower().replace(" ", "-") in one]
    if named:
        text = cast(columns.categories, Text)
        ways.append(ids.where(or_(*(text.like(f'%"{one}"%') for one in named))))
    return ways


def _digits(number: Any) -> Any:
    for sign in (" ", "-", "(", ")", "."):
        number = func.replace(number, literal(sign), literal(""))
    return number


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
