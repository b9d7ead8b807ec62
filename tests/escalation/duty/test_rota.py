"""Who is asked when: office hours, shifts, holidays, and the two nights when clocks change."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from assistant.escalation.duty.rota import (
    acknowledge_by,
    contact_for,
    in_office_hours,
    list_contact,
    next_working_list,
    on_duty,
)
from assistant.escalation.duty.settings import Settings

SETTINGS = Settings.parse_obj(
    {
        "contacts": {name: {"name": name, "notify": ["terminal"]} for name in "abc"},
        "on_duty": {"office": ["a", "b"], "out_of_hours": ["c"]},
        "holidays": {"country": "GB", "subdivision": "ENG", "also": ["2026-12-24"]},
        "shifts": [
            {"from": "2026-11-28T08:00", "to": "2026-11-29T08:00", "on_duty": ["b"]},
            {"from": "2026-11-28T12:00", "to": "2026-11-28T14:00", "on_duty": []},
        ],
    }
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("moment", "contacts"),
    [
        ("2026-11-27T09:00", ["a", "b"]),  # Friday
        ("2026-11-27T08:59", ["c"]),
        ("2026-11-27T17:00", ["c"]),
        ("2026-07-03T08:00", ["a", "b"]),  # nine in London's summer
        ("2026-12-25T11:00", ["c"]),  # Christmas
        ("2026-12-24T11:00", ["c"]),  # the site's own day
        ("2026-11-28T09:00", ["b"]),  # a shift
        ("2026-11-28T13:00", []),  # the shift that began last: nobody
        ("2026-11-29T08:00", ["c"]),  # its end
    ],
)
def test_who_is_on_duty(moment: str, contacts: list[str]):
    assert on_duty(SETTINGS, utc(moment)) == contacts


def test_the_chain_begins_again_after_its_last_contact():
    friday = utc("2026-11-27T10:00")
    assert [contact_for(SETTINGS, friday, last) for last in (None, "a", "b")] == ["a", "b", "a"]
    assert contact_for(SETTINGS, utc("2026-11-28T13:00"), "a") is None


def test_when_another_chain_comes_on_duty_its_first_contact_is_asked():
    assert contact_for(SETTINGS, utc("2026-11-27T17:05"), "b") == "c"


@pytest.mark.parametrize(
    ("moment", "contact"),
    [("2026-11-27T08:30", "a"), ("2026-11-28T09:00", "b"), ("2026-11-28T13:00", None)],
)
def test_a_working_list_goes_to_the_office_or_to_a_running_shift(moment: str, contact: str | None):
    assert list_contact(SETTINGS, utc(moment)) == contact


def test_limits_by_priority():
    at = utc("2026-11-27T10:00")
    minutes = {
        priority: (acknowledge_by(SETTINGS, priority, at, at) - at).total_seconds() / 60
        for priority in ("page", "same-day", "person")
    }
    assert minutes == {"page": 10, "same-day": 60, "person": 120}


def test_a_wish_for_a_person_waits_for_office_hours():
    at = utc("2026-11-27T16:30")
    assert acknowledge_by(SETTINGS, "person", at, at) == utc("2026-11-30T09:00")


def test_after_an_outage_a_contact_has_half_the_limit():
    begun, told = utc("2026-11-27T10:00"), utc("2026-11-27T10:12")
    assert acknowledge_by(SETTINGS, "page", begun, told) == utc("2026-11-27T10:17")


def test_a_priority_that_nobody_knows_has_the_shortest_limit():
    at = utc("2026-11-27T10:00")
    assert acknowledge_by(SETTINGS, "new", at, at) == acknowledge_by(SETTINGS, "page", at, at)


@pytest.mark.parametrize(
    ("after", "listed"),
    [
        ("2026-11-27T08:29", "2026-11-27T08:30"),
        ("2026-11-27T08:30", "2026-11-30T08:30"),  # over the weekend
        ("2026-12-23T10:00", "2026-12-29T08:30"),  # Christmas, and Boxing Day on a Monday
        ("2026-03-27T10:00", "2026-03-30T07:30"),  # the clocks go forward on the 29th
        ("2026-10-23T10:00", "2026-10-26T08:30"),  # and back on the 25th of October
    ],
)
def test_the_next_working_list(after: str, listed: str):
    assert next_working_list(SETTINGS, utc(after)) == utc(listed)


def test_a_site_that_never_works_gets_its_list_all_the_same():
    settings = SETTINGS.copy(
        update={"office_hours": SETTINGS.office_hours.copy(update={"days": []})}
    )
    at = utc("2026-11-27T10:00")
    assert not in_office_hours(settings, at)
    assert next_working_list(settings, at) == utc("2026-11-28T10:00")


@pytest.mark.parametrize(
    ("moment", "contacts"),
    [
        ("2026-10-25T00:29", ["c"]),  # 01:29 summer time
        ("2026-10-25T00:30", ["b"]),  # 01:30, the first time
        ("2026-10-25T01:15", ["b"]),  # 01:15, the second time: the shift has begun
        ("2026-10-25T02:00", ["c"]),  # 02:00, its end
    ],
)
def test_a_shift_in_the_hour_that_comes_twice_has_no_gap(moment: str, contacts: list[str]):
    shift = {"from": "2026-10-25T01:30", "to": "2026-10-25T02:00", "on_duty": ["b"]}
    settings = Settings.parse_obj({**SETTINGS.dict(by_alias=True), "shifts": [shift]})
    assert on_duty(settings, utc(moment)) == contacts


def test_a_shift_that_begins_in_the_hour_that_is_left_out_begins_an_hour_later():
    shift = {"from": "2026-03-29T01:30", "to": "2026-03-29T08:00", "on_duty": ["b"]}
    settings = Settings.parse_obj({**SETTINGS.dict(by_alias=True), "shifts": [shift]})
    assert on_duty(settings, utc("2026-03-29T01:29")) == ["c"]
    assert on_duty(settings, utc("2026-03-29T01:30")) == ["b"]
