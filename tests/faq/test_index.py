"""The index of wordings: what it keeps in a model, and what no entry covers."""

import numpy as np
import pytest

from assistant.encoder import get_encoder
from assistant.faq.approximate_search import ApproximateSearch
from assistant.faq.exact_search import ExactSearch
from assistant.faq.index import VariantIndex

WORDINGS = [
    ("what is denosumab", "denosumab"),
    ("the four-weekly bone injection", "denosumab"),
    ("is cancer in the bones terminal", "terminal"),
    ("will I die of this", "terminal"),
    ("what does an MRI show", "mri-scan"),
]
UNCOVERED = ["how do I bake bread", "who won the match", "is it raining"]
MESSAGES = ["tell me about the bone injection", "is it terminal", "bread"]


@pytest.fixture(params=["exact", "approximate"])
def index(request):
    return VariantIndex.build(get_encoder(), WORDINGS, UNCOVERED, request.param)


def test_message_is_nearest_to_its_entry(index):
    similar = index.similarities(MESSAGES[:2])
    assert [index.ids[row.argmax()] for row in similar] == ["denosumab", "terminal"]


def test_saved_index_gives_the_same_with_the_same_search(index, tmp_path):
    index.save(tmp_path)
    loaded = VariantIndex.load(tmp_path, get_encoder())
    assert type(loaded._search) is type(index._search) and loaded.ids == index.ids
    for method in ("similarities", "uncovered_similarity"):
        ours, its = getattr(index, method)(MESSAGES), getattr(loaded, method)(MESSAGES)
        assert np.allclose(ours, its, atol=1e-3)


def test_model_made_before_there_was_a_choice_is_searched_exactly(tmp_path):
    vectors = get_encoder().encode([text for text, _ in WORDINGS])
    np.savez_compressed(
        tmp_path / "index.npz",
        ids=np.array(["denosumab", "mri-scan", "terminal"]),
        vectors=vectors[[0, 1, 4, 2, 3]].astype(np.float16),
        owners=np.array([0, 0, 1, 2, 2]),
        uncovered=get_encoder().encode(UNCOVERED).astype(np.float16),
    )
    loaded = VariantIndex.load(tmp_path, get_encoder())
    assert isinstance(loaded._search, ExactSearch)
    built = VariantIndex.build(get_encoder(), WORDINGS, UNCOVERED)
    assert np.allclose(loaded.similarities(MESSAGES), built.similarities(MESSAGES), atol=1e-3)


def test_search_of_the_settings_is_taken():
    index = VariantIndex.build(get_encoder(), WORDINGS, UNCOVERED, "approximate")
    assert isinstance(index._search, ApproximateSearch)


@pytest.mark.parametrize("count", range(len(UNCOVERED) + 1))
def test_uncovered_similarity_is_the_mean_of_the_two_nearest(count):
    index = VariantIndex.build(get_encoder(), WORDINGS, UNCOVERED[:count])
    encode = get_encoder().encode
    cosines = np.sort(encode(MESSAGES) @ encode(UNCOVERED[:count]).T, axis=1)[:, -2:]
    expected = cosines.mean(axis=1) if count else np.zeros(len(MESSAGES))
    assert np.allclose(index.uncovered_similarity(MESSAGES), expected, atol=1e-6)
