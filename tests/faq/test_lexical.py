"""Letters and words: slips, trade names, and what no wording holds."""

import numpy as np
import pytest

from assistant.faq.lexical import LexicalIndex, unify
from assistant.faq.nearest import nearest_by_owner

WORDINGS = [
    ("what is denosumab", "denosumab"),
    ("the four-weekly bone injection", "denosumab"),
    ("is cancer in the bones terminal", "terminal"),
    ("will I die of this", "terminal"),
    ("what does an MRI show", "mri-scan"),
    ("the noisy tunnel scan", "mri-scan"),
]
ANSWERS = {"denosumab": "It blocks osteoclasts, the cells that dissolve bone."}


@pytest.fixture(scope="module")
def index():
    return LexicalIndex.build(WORDINGS, ANSWERS)


def best(index, text, which):
    return index.ids[index.similarities([text])[which][0].argmax()]


def test_misspelt_name_is_found_by_its_letters(index):
    assert best(index, "wats densoumab", 0) == "denosumab"


def test_trade_name_is_found_by_its_words(index):
    assert best(index, "xgeva", 1) == "denosumab"


def test_slip_is_corrected_towards_the_corpus(index):
    assert best(index, "terminall", 1) == "terminal"


def test_word_of_the_answer_counts(index):
    assert best(index, "osteoclasts", 1) == "denosumab"


def test_unknown_words_speak_for_nothing(index):
    letters, words = index.similarities(["zzz qqq"])
    assert letters.max() == words.max() == 0


def test_empty_text_speaks_for_nothing(index):
    letters, words = index.similarities(["", "?!"])
    assert not letters.any() and not words.any()


def test_saved_index_gives_the_same(index, tmp_path):
    index.save(tmp_path)
    texts = ["Xgeva jab", "tunnel scan", "terminal?"]
    for ours, loaded in zip(
        index.similarities(texts), LexicalIndex.load(tmp_path).similarities(texts), strict=True
    ):
        assert np.allclose(ours, loaded)


def test_terms_are_whole_words():
    assert unify("the tumour started in the spine") == "the tumour started in the spine"
    assert unify("RT or chemo") == "radiotherapy or chemotherapy"


def test_nearest_wordings_are_averaged_over_those_there_are():
    similarities = np.array([[0.9, 0.1, 0.5, 0.4, 0.3]])
    owners = np.array([0, 1, 1, 1, 1])
    assert np.allclose(nearest_by_owner(similarities, owners, 2, 2), [[0.9, 0.45]])


def test_equal_wordings_count_twice():
    similarities = np.array([[0.5, 0.5, 0.2]])
    assert np.allclose(nearest_by_owner(similarities, np.array([0, 0, 0]), 1, 2), [[0.5]])
