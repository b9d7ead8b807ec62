"""Clauses: where one thought ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.red_flags.clauses import split_clauses


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("my back aches, but legs fine. ok?", ["my back aches", "but legs fine", "ok"]),
        ("temp is 38.5 today", ["temp is 38.5 today"]),
        ("dr. smith said so", ["dr. smith said so"]),
        ("first\nsecond", ["first", "second"]),
        ("it was fine and now i cant walk", ["it was fine", "and now i cant walk"]),
        ("", []),
        ("...", []),
    ],
)
def test_split(text: str, clauses: list[str]) -> None:
    assert [text[c.start : c.end].strip() for c in split_clauses(text)] == clauses


def test_a_question_mark_marks_its_whole_sentence() -> None:
    assert [c.asks for c in split_clauses("hello. is it bad, this?")] == [False, True, True]


@given(st.text())
def test_clauses_stand_in_order(text: str) -> None:
    ends = [0]
    for clause in split_clauses(text):
        assert ends[-1] <= clause.start < clause.end
        ends.append(clause.end)
