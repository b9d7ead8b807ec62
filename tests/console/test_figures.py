"""The figures: counted from cases whose numbers are known."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

from assistant.escalation.cases import CaseBook
from assistant.web.console.figures import figures_of

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@pytest.fixture
def period(store, escalation):
    """Three emergencies acknowledged after 2, 4 and 30 minutes, two closed as false alarms."""
    book = CaseBook(store)
    for number, minutes in enumerate((2, 4, 30)):
        fired = [
            {"by": rule, "words": "x", "score": 1.0} for rule in ("cord/numb", f"only/{number}")
        ]
        mention = {
            "category": "cord-compression",
            "status": "present",
            "words": "x",
            "fired": fired,
        }
        at = NOON + timedelta(days=number)
        record = escalation(conversation=f"c{number}", mentions=[mention, mention], recorded_at=at)
        case = store.record(record).case
        book.acknowledge(case, "joy", "console", at + timedelta(minutes=minutes))
        outcome = "advised" if number == 2 else "false-alarm"
        book.close(case, "joy", "console", at + timedelta(minutes=60), outcome)
    store.record(escalation(conversation="c9", priority="same-day", recorded_at=NOON))
    store.record(escalation(conversation="old", recorded_at=NOON - timedelta(days=9)))
    return figures_of(store, date(2026, 11, 20), date(2026, 11, 22))


def test_waits_have_a_median_and_what_nine_of_ten_waited(period):
    page, same_day, *_ = period.waits
    assert (page.cases, page.minutes, page.median) == (3, (2, 4, 30), 4)
    assert page.ninetieth == pytest.approx(24.8)
    assert (same_day.cases, same_day.minutes, same_day.median) == (1, (), None)


def test_days_and_categories_are_counted(period):
    assert period.cases == 4 and period.categories == (("cord compression", 4),)
    assert [sum(counter.values()) for _, counter in period.days] == [2, 1, 1]


def test_each_rule_has_its_share_of_false_alarms_and_the_number_behind_it(period):
    rules = {one.rule: (one.false_alarms, one.judged) for one in period.rules}
    assert rules == {"cord/numb": (2, 3), "only/0": (1, 1), "only/1": (1, 1), "only/2": (0, 1)}
    assert period.rules[0].rule == "cord/numb"  # the one with most stands first


def test_the_page_shows_plots_with_tables(joy, period):
    address = "from=2026-11-20&to=2026-11-22"
    page = joy.get(f"/figures?{address}").text
    assert "67%" in page and "4 cases were opened" in page and page.count("<img") == 3
    for name in ("waits", "days", "rules"):
        plot = joy.get(f"/figures/{name}.svg?{address}")
        assert plot.headers["content-type"].startswith("image/svg+xml")
        assert ElementTree.fromstring(plot.content).tag.endswith("svg")
    assert joy.get("/figures/other.svg").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "from=2026-11-20&to=2026-11-01",
        "from=0001-01-01&to=0001-01-02",
        "from=9999-12-31&to=9999-12-31",
    ],
)
def test_a_strange_period_is_said_and_the_usual_one_shown(joy, query):
    page = joy.get(f"/figures?{query}")
    assert page.status_code == 200 and "The last 30 days are shown" in page.text
    assert joy.get(f"/figures/days.svg?{query}").status_code == 200


def test_a_plot_with_nothing_on_it_is_left_out(joy):
    page = joy.get("/figures").text
    assert "No case in these days" in page and "<img" not in page
    assert page.count("Nothing to draw in these days") == 3
