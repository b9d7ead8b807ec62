"""Run-on words: split where they are a row of words, left where they are one misspelt."""

from __future__ import annotations

import pytest

from assistant.language.segmentation import LONGEST, Segmenter, with_blanks

_SEGMENTER = Segmenter(["zometa"])


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("mylegsarenumb", "my legs are numb"),
        ("cantfeel", "cant feel"),
        ("iwanttodie", "i want to die"),
        ("bloodincough", "blood in cough"),
        ("nozometa", "no zometa"),
    ],
)
def test_run_on_words_are_split(word: str, parts: str) -> None:
    assert " ".join(_SEGMENTER.split(word)) == parts


@pytest.mark.parametrize(
    "word", ["feelin", "tingeling", "swellin", "denosumab", "legs", "", "x" * (LONGEST + 1)]
)
def test_known_misspelt_and_unknown_words_are_left(word: str) -> None:
    assert _SEGMENTER.split(word) == ()


def test_blanks_are_put_back_into_a_text() -> None:
    text = "doc my legsarenumb since monday, 38.5 on denosumab!"
    assert with_blanks(text) == "doc my legs are numb since monday, 38.5 on denosumab!"
