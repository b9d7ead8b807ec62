"""Spelling: unknown words towards the lexicon's vocabulary, known ones left alone."""

from __future__ import annotations

import pytest

from assistant.language.spelling import Speller

_SPELLER = Speller(["blood", "chest", "tight", "breath", "killing", "numb", "feel"], ["xgeva"])


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("blud", "blood"),
        ("chets", "chest"),
        ("tite", "tight"),
        ("breth", "breath"),
        ("kiling", "killing"),
        ("numbb", "numb"),
    ],
)
def test_misspelt_word_is_corrected(word: str, right: str) -> None:
    assert right in _SPELLER.correct(word)


@pytest.mark.parametrize("word", ["weak", "table", "xgeva", "blood", "a", "", "zzzzzzzz", "38"])
def test_other_words_are_left(word: str) -> None:
    assert _SPELLER.correct(word) == ()


def test_run_on_words_are_split() -> None:
    assert _SPELLER.correct("nofeel") == ("no feel",)
