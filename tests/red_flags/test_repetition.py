"""Who comes back about the same complaint within two days is more urgent."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.red_flags.repetition import raise_repeated


def mention(
    category: str = "new-or-worse-pain", priority: str = "same-day", **other: Any
) -> dict[str, Any]:
    known = {"category": category, "urgency": "same-day", "priority": priority, "words": "hip"}
    return {**known, "fired": [], **other}


def test_the_second_contact_about_a_same_day_sign_is_paged() -> None:
    (raised,) = raise_repeated([mention()], [[mention()]])
    assert (raised["priority"], raised["urgency"]) == ("page", "emergency")
    assert [reason["by"] for reason in raised["fired"]] == ["repeated"]


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        (mention(), []),
        (mention(), [[mention("jaw")]]),
        (mention(), [[mention(priority="review")]]),
        (mention(priority="review"), [[mention()]]),
    ],
    ids=["first contact", "another complaint", "denied before", "denied now"],
)
def test_all_else_stays(now: dict[str, Any], earlier: list[list[dict[str, Any]]]) -> None:
    assert raise_repeated([now], earlier) == [now]


def test_the_raised_mention_comes_first() -> None:
    raised = raise_repeated([mention("jaw"), mention()], [[mention()]])
    assert [one["category"] for one in raised] == ["new-or-worse-pain", "jaw"]
