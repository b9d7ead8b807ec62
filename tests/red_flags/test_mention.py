"""Mentions and screenings: closed vocabularies, and the highest of several."""

from __future__ import annotations

import pytest

from assistant.red_flags import Mention, Screening
from assistant.red_flags.mention import Fired, categories, merged


def mention(category: str = "fracture", priority: str = "page", **more: object) -> Mention:
    values = {
        "urgency": categories().get(category, "emergency"),
        "status": "present",
        "words": "hip",
        "fired": (),
        **more,
    }
    return Mention(category=category, priority=priority, **values)  # type: ignore[arg-type]


def test_there_are_fourteen_categories_eight_of_them_emergencies() -> None:
    assert sorted(categories().values()).count("emergency") == 8
    assert len(categories()) == 14


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown category 'headache'"):
        mention("headache")


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="status 'maybe'"):
        mention(status="maybe")


def test_a_screening_without_mentions_is_not_flagged() -> None:
    screening = Screening()
    assert (screening.flagged, screening.urgency, screening.priority) == (False, None, None)


def test_a_screening_has_the_highest_urgency_and_priority() -> None:
    screening = Screening((mention("jaw", "same-day"), mention("fracture", "review")))
    assert (screening.urgency, screening.priority) == ("emergency", "same-day")


def test_of_one_category_the_more_pressing_mention_stays_with_all_that_fired() -> None:
    page = mention(fired=(Fired("one", "numb"),))
    review = mention(priority="review", fired=(Fired("other", "tingling"),))
    assert merged([review, page]) == (
        mention(fired=(Fired("one", "numb"), Fired("other", "tingling"))),
    )


def test_a_failed_layer_counts_as_the_most_pressing() -> None:
    screening = Screening((mention("jaw", "review"),), failed=("classifier",))
    assert (screening.flagged, screening.urgency, screening.priority) == (True, "emergency", "page")
