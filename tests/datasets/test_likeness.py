"""Near duplicates are found, unrelated texts are not."""

import numpy as np
import pytest

from assistant.datasets import likeness
from assistant.datasets.likeness import alike_in_letters, alike_in_meaning, bare, same_words

TEXTS = [
    "is it safe to fly to Spain with a plaster cast on my wrist",
    "is it safe to fly to Spain with a plaster cast on my wrists?",
    "which bulbs should be planted under the apple tree in autumn",
    "can I take the dog into the day unit while they do the drip",
    "is it safe to drive to Wales with a new hip",
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Can't I exercise??", "cant i  exercise"),
        ("Can’t I exercise", "CAN'T I EXERCISE!"),
        ("scan - result: when?", "scan result when"),
    ],
)
def test_case_and_punctuation_make_no_other_text(one, other):
    assert same_words(["something else", one, other]) == [(1, 2)]


@pytest.mark.parametrize(
    ("one", "other"),
    [("one drip", "one drips"), ("not that", "that not"), ("?", "!"), ("👋", "🙏")],
)
def test_other_words_and_other_signs_are_another_text(one, other):
    assert same_words([one, other]) == []


def test_three_of_the_same_are_three_pairs():
    assert same_words(["ta", "Ta", "ta!"]) == [(0, 1), (0, 2), (1, 2)]


def test_bare_text_is_never_empty():
    assert bare(" ... ") == "..."


def test_a_slip_is_alike_and_a_shared_beginning_is_not():
    found = alike_in_letters(TEXTS)
    assert list(found) == [(0, 1)]
    assert likeness.SAME_LETTERS <= found[0, 1] < 1


def test_pairs_across_chunks_are_found(monkeypatch):
    monkeypatch.setattr(likeness, "CHUNK", 2)
    texts = [TEXTS[0], *TEXTS[2:], TEXTS[1]]
    assert list(alike_in_letters(texts)) == [(0, 4)]


def test_no_texts_no_pairs():
    assert alike_in_letters([]) == {} and alike_in_meaning([], np.zeros) == {}


def test_meaning_is_the_cosine_of_the_vectors():
    vectors = {"a": (1.0, 0.0), "b": (0.96, 0.28), "c": (0.8, 0.6), "d": (0.0, 1.0)}
    found = alike_in_meaning("abcd", lambda texts: np.array([vectors[text] for text in texts]))
    assert found == {(0, 1): pytest.approx(0.96)}
    assert (1, 2) in alike_in_meaning("abcd", lambda t: np.array([vectors[x] for x in t]), 0.9)
