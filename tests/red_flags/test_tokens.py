"""Tokens: numbers by what they may mean, spellings, stems."""

from __future__ import annotations

import pytest

from assistant.red_flags.tokens import (
    FEVER,
    FEVER_WHOLE,
    NUMBER,
    OLD_YEAR,
    YEAR,
    Words,
    join_same,
    number_stem,
    stem,
)


@pytest.mark.parametrize(
    ("written", "kind", "other"),
    [
        ("38.4", NUMBER, FEVER),
        ("38,4", NUMBER, FEVER),
        ("39", NUMBER, FEVER_WHOLE),
        ("101.3", NUMBER, FEVER),
        ("36.6", NUMBER, None),
        ("38,000", NUMBER, None),
        ("40.000", NUMBER, None),
        ("1974", OLD_YEAR, None),
        ("2016", YEAR, NUMBER),
        ("2600", NUMBER, None),
        ("07700900123", NUMBER, None),
    ],
)
def test_what_a_number_may_be(written: str, kind: str, other: str | None) -> None:
    assert number_stem(written) == (kind, other)


def test_the_longest_spelling_wins() -> None:
    words = Words({("fall", "asleep"): "sleep", ("fall",): "tumble"}, frozenset(), {})
    assert join_same(["fall", "asleep", "fall"], words) == [("sleep", 0, 2), ("tumble", 2, 3)]


def test_a_word_of_the_list_is_not_stemmed_by_rule() -> None:
    words = Words({}, frozenset(), {"bits": "bits"})
    assert (stem("bits", words), stem("legs", words)) == ("bits", "leg")
