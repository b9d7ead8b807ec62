"""Figures of a period: how soon cases are acknowledged, what they are about, which rules err."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median, quantiles

from sqlalchemy import select

from assistant.escalation.delivery.message import category_name
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.escalation import PERSON_WANTED, PRIORITIES
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, escalation_table
from assistant.escalation.times import aware, utc
from assistant.learning.queue import FALSE_ALARM
from assistant.web.console.false_alarms import rules_of

WISH = "wish for a person"
MOST_RULES = 30


@dataclass(frozen=True)
class Waits:
    """How long cases of a priority waited until somebody acknowledged them.

    Attributes:
        priority: Of the cases.
        cases: How many began in the period.
        minutes: Of those that were acknowledged, from when the case began (anew), sorted.
    """

    priority: str
    cases: int
    minutes: tuple[float, ...]

    @property
    def median(self) -> float | None:
        """Half of them waited no longer."""
        return median(self.minutes) if self.minutes else None

    @property
    def ninetieth(self) -> float | None:
        """Nine of ten waited no longer."""
        if len(self.minutes) < 2:
            return self.median
        return quantiles(self.minutes, n=10, method="inclusive")[8]


@dataclass(frozen=True)
class RuleRecord:
    """How often a rule was part of a false alarm.

    Attributes:
        rule: Its id.
        judged: Closed cases, with an outcome, in which it fired.
        false_alarms: Those of them that were false alarms.
    """

    rule: str
    judged: int
    false_alarms: int

    @property
    def rate(self) -> float:
        """Share of false alarms, 0 to 1."""
        return self.false_alarms / self.judged


@dataclass(frozen=True)
class Figures:
    """What happened in a period.

    Attributes:
        first: First day, in the site's zone.
        last: Last day.
        waits: By priority, the most pressing first.
        days: Each day with its cases by category.
        categories: All of them, the commonest first.
        rules: The ones with most false alarms first; of each the number behind its rate.
    """

    first: date
    last: date
    waits: tuple[Waits, ...]
    days: tuple[tuple[date, Counter[str]], ...]
    categories: tuple[tuple[str, int], ...]
    rules: tuple[RuleRecord, ...]

    @property
    def cases(self) -> int:
        """How many cases began in the period."""
        return sum(wait.cases for wait in self.waits)


def figures_of(store: EscalationStore, first: date, last: date) -> Figures:
    """Counts the cases that were opened in a period.

    Args:
        store: The escalation store.
        first: First day, in the site's zone.
        last: Last day, not before the first.

    Raises:
        EscalationStoreError: If the store cannot be read.
    """
    zone = load_settings().zone
    begin = datetime.combine(first, datetime.min.time(), zone)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
    columns = case_table.c
    within = (columns.opened_at >= utc(begin), columns.opened_at < utc(end))
    # The last acknowledgement counts, from the beginning of its round: a case may begin anew.
    wanted = select(
        columns.id,
        columns.kind,
        columns.priority,
        columns.categories,
        columns.opened_at,
        columns.begun_at,
        columns.acknowledged_at,
        columns.outcome,
    ).where(*within)
    judged = (
        select(escalation_table.c.case_id, escalation_table.c.mentions)
        .select_from(escalation_table.join(case_table))
        .where(*within, columns.outcome.isnot(None))
    )
    with store.reading("count cases") as connection:
        cases = connection.execute(wanted).all()
        messages = connection.execute(judged).all()
    minutes: dict[str, list[float]] = defaultdict(list)
    counted: Counter[str] = Counter()
    by_day: dict[date, Counter[str]] = defaultdict(Counter)
    for case in cases:
        counted[case.priority] += 1
        if case.acknowledged_at is not None:
            waited = (case.acknowledged_at - case.begun_at).total_seconds() / 60
            minutes[case.priority].append(max(0.0, waited))
        day = aware(case.opened_at).astimezone(zone).date()
        about = [WISH] if case.kind == PERSON_WANTED else map(category_name, case.categories)
        by_day[day].update(about)
    outcomes = {case.id: case.outcome for case in cases}
    known = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return Figures(
        first,
        last,
        tuple(Waits(one, counted[one], tuple(sorted(minutes[one]))) for one in PRIORITIES),
        tuple((day, by_day[day]) for day in known),
        tuple(sum(by_day.values(), Counter()).most_common()),
        _rules({row.case_id: [] for row in messages}, messages, outcomes),
    )


def _rules(
    fired: dict[int, list[str]], messages: list, outcomes: dict[int, str]
) -> tuple[RuleRecord, ...]:
    for row in messages:
        fired[row.case_id] += [rule["id"] for rule in rules_of(row.mentions)]
    judged, wrong = Counter[str](), Counter[str]()
    for case_id, rules in fired.items():
        judged.update(set(rules))
        if outcomes[case_id] == FALSE_ALARM:
            wrong.update(set(rules))
    records = [RuleRecord(rule, count, wrong[rule]) for rule, count in judged.items()]
    return tuple(
        sorted(records, key=lambda one: (-one.false_alarms, -one.rate, one.rule))[:MOST_RULES]
    )
