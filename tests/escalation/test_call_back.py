"""Numbers and names as patients type them, and what is no telephone number."""

from __future__ import annotations

import pytest

from assistant.escalation.call_back import NUMBER_PLACE, read_call_back


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("Joan Smith 07700 900123", "Joan Smith", "07700 900123"),
        ("joan 07700900123", "joan", "07700900123"),
        (
            "my name is Seán O'Neill, call me on +353 1 555 0123 please",
            "Seán O'Neill",
            "+353 1 555 0123",
        ),
        ("01603 555012", None, "01603 555012"),
        ("(212) 555-0147 Maria", "Maria", "(212) 555-0147"),
        ("yes ring me on 0161-555-0199", None, "0161-555-0199"),
        ("06 12 34 56 78 Claire", "Claire", "06 12 34 56 78"),
        ("since 12/11/2026, call me on 01603 555012", None, "01603 555012"),
        ("01603 555012 or 07700 900123", None, "01603 555012 or 07700 900123"),
        ("It's Mrs. Patel 0044 20 7946 0958", "Mrs. Patel", "0044 20 7946 0958"),
    ],
)
def test_name_and_number_are_read(text: str, name: str | None, number: str):
    found = read_call_back(text)
    assert found is not None
    assert (found.name, found.number, found.short) == (name, number, True)


def test_what_else_is_said_stays_without_the_number():
    found = read_call_back(
        "call my daughter 07700 900123 she has the car but now my legs are numb too"
    )
    assert found is not None and not found.short and found.name is None
    assert (
        found.rest
        == f"call my daughter {NUMBER_PLACE} she has the car but now my legs are numb too"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no thanks",
        "I take 20 mg 2 times a day",
        "since 12.05.2026",
        "my PSA was 1234.5",
        "room 12, bed 3",
        "sats 84 85 86 82",
        "its 39.1 38.7 39.4",
        "obs 0.5 0.25 1.25 2.5",
        "BP 90/50 85/45",
        "pain 6 7 8 8 9 9 10",
        "28 11 2026",
        "on 05/11/2026",
        "05 11 2026",
        "my hospital number is 4857773456",
        "0 1 2 3 4 5 6 7 8 9",
        "1234567890123456789",
    ],
)
def test_other_numbers_are_no_telephone_numbers(text: str):
    assert read_call_back(text) is None
