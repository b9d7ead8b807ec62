"""Folding: one spelling for whatever a keyboard or an attacker made of a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.red_flags.folding import fold

_TRICKY = st.text(alphabet="ab leg&;#%<>/\\x2504160.-_’́​🛏️аѕ!3$\n")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("MY LEGS ARE NUMB", "my legs are numb"),
        ("l3gs numb", "legs numb"),
        ("n0 chest pain", "no chest pain"),
        ("T2 N0 M0", "t2 n0 m0"),
        ("bl00d", "blood"),
        ("ch€st p@in", "chest pain"),
        ("€100 10k€ 5€", "€100 10k€ 5€"),
        ("l e g s numb", "legs numb"),
        ("n-u-m-b", "numb"),
        ("sooooo tired", "soo tired"),
        ("can’t", "can't"),
        ("le\u200bgs", "legs"),
        ("lеgѕ", "legs"),  # Cyrillic е and ѕ
        ("ﬁt", "fit"),
        ("papá", "papa"),
        ("%6A%61%77", "jaw"),
        ("%256A%2561w", "jaw"),
        ("&#108;egs", "legs"),
        ("&amp;amp; legs", "& legs"),
        ("<b>le</b>gs", "legs"),
        ("one<br>two", "one two"),
        ("\\u006cegs", "legs"),
        ("T11 38c 10mg 2nd", "t11 38c 10mg 2nd"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_emoji_become_words() -> None:
    assert "bed" in fold("💦🛏️").text.split()


def test_a_span_leads_back_to_the_original() -> None:
    text = "since Monday my l&#101;gs hurt"
    folded = fold(text)
    start = folded.text.index("legs")
    first, last = folded.original_span(start, start + 4)
    assert text[first:last] == "l&#101;gs"


@given(st.text() | _TRICKY)
def test_folding_is_idempotent(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(st.text() | _TRICKY)
def test_every_character_has_its_origin(text: str) -> None:
    folded = fold(text)
    assert len(folded.origin) == len(folded.text)
    assert all(0 <= index < len(text) for index in folded.origin)


def test_deeply_nested_encoding_ends() -> None:
    assert fold("%" + "25" * 6000 + "41").text == "a"
