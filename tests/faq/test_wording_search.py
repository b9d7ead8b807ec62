"""What every search among the wordings keeps of its contract."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from assistant.faq import index
from assistant.faq.approximate_search import NEIGHBOURS, ApproximateSearch
from assistant.faq.exact_search import ExactSearch
from assistant.faq.index import SEARCHES, VariantIndex, search_among
from assistant.faq.wording_search import ENTRIES, NEAREST
from assistant.paths import ROOT

HALF = 1e-3  # what half precision may change in a cosine
KEPT = {"exact": 1.0, "approximate": 0.98}  # share of the figures that must be right
DIMENSION = 32


@pytest.fixture(params=KEPT)
def name(request):
    return request.param


@pytest.fixture
def build(name):
    return lambda vectors, owners: search_among(vectors, owners, name)


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def restored(search, owners):
    return index._restored(dict(search.arrays()), owners)


@pytest.fixture(scope="module")
def corpus():
    """Twelve entries of unlike size around centres of their own, and messages near the centres."""
    random = np.random.default_rng(7)
    centres = random.standard_normal((12, DIMENSION))
    owners = np.repeat(np.arange(12), [1, 2, 900, 700, 3, 300, 300, 300, 300, 100, 50, 44])
    vectors = unit(centres[owners] + random.standard_normal((len(owners), DIMENSION)))
    messages = unit(centres[random.integers(0, 12, 60)] + random.standard_normal((60, DIMENSION)))
    return vectors, owners, messages


def by_definition(vectors, owners, messages):
    """The mean of each entry's two greatest cosines, the long way."""
    return np.array(
        [
            [
                np.mean(sorted(vectors[owners == entry] @ message)[-NEAREST:])
                for entry in range(owners.max() + 1)
            ]
            for message in messages
        ]
    )


def test_nearest_entries_get_the_mean_of_their_two_nearest_wordings(name, build, corpus):
    similar = build(*corpus[:2]).similarities(corpus[2])
    true = by_definition(*corpus)
    best = np.argsort(-true)[:, :ENTRIES]
    error = np.abs(np.take_along_axis(similar - true, best, axis=1))
    assert (error <= HALF).mean() >= KEPT[name]
    assert (np.argmax(similar, axis=1) == best[:, 0]).all()


def test_no_entry_gets_less_than_its_own_nor_as_much_as_the_nearest(name, build, corpus):
    similar = build(*corpus[:2]).similarities(corpus[2])
    true = by_definition(*corpus)
    assert (similar >= true - HALF).mean() >= KEPT[name]
    ordered = np.take_along_axis(similar, np.argsort(-true), axis=1)
    apart = ordered[:, ENTRIES:].max(axis=1) <= ordered[:, :ENTRIES].min(axis=1) + HALF
    assert apart.mean() >= KEPT[name]


def test_entry_of_one_wording_is_told_by_it_alone(build):
    search = build(unit([[1, 0], [0, 1], [1, 1]]), np.array([0, 1, 1]))
    expected = [[1.0, (0 + np.sqrt(0.5)) / 2]]
    assert np.allclose(search.similarities(unit([[1, 0]])), expected, atol=HALF)


def test_equal_wordings_count_twice(build):
    search = build(unit([[1, 0], [1, 0], [0, 1], [0, 1]]), np.array([0, 0, 0, 1]))
    assert np.allclose(search.similarities(unit([[1, 0]])), [[1.0, 0.0]], atol=HALF)


def test_message_is_judged_without_its_neighbours(build, corpus):
    vectors, owners, messages = corpus
    search = build(vectors, owners)
    together = search.similarities(messages)
    for number in range(len(messages)):
        alone = search.similarities(messages[number : number + 1])
        assert np.array_equal(alone[0], together[number])


def test_no_message_gives_no_row(build, corpus):
    vectors, owners, messages = corpus
    assert build(vectors, owners).similarities(messages[:0]).shape == (0, 12)


def test_restored_search_says_the_same(build, corpus):
    vectors, owners, messages = corpus
    search = build(vectors, owners)
    again = restored(search, owners)
    assert type(again) is type(search)
    assert np.allclose(again.similarities(messages), search.similarities(messages), atol=HALF)


def test_equal_wordings_make_an_equal_search(build, corpus):
    vectors, owners, _ = corpus
    one, other = build(vectors, owners).arrays(), build(vectors, owners).arrays()
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_threads_may_ask_at_once(build, corpus):
    vectors, owners, messages = corpus
    search = build(vectors, owners)
    alone = search.similarities(messages)
    with ThreadPoolExecutor(8) as pool:
        for similar in pool.map(search.similarities, [messages] * 40):
            assert np.array_equal(similar, alone)


def test_entry_beyond_the_neighbours_gets_the_floor():
    """More wordings than neighbours lie at the message, and the last entry lies opposite."""
    near = [[1, 0.001 * n] for n in range(ENTRIES * NEIGHBOURS)]
    vectors = unit([*near, [-1, 0], [-1, 0]])
    owners = np.repeat(np.arange(ENTRIES + 1), [NEIGHBOURS] * ENTRIES + [2])
    owners[:-2] = np.sort(np.arange(len(near)) % ENTRIES)
    order = np.argsort(np.arange(len(near)) % ENTRIES, kind="stable")
    vectors[:-2] = vectors[:-2][order]
    (similar,) = ApproximateSearch.build(vectors, owners).similarities(unit([[1, 0]]))
    farthest = 1 / np.hypot(1, 0.001 * (NEIGHBOURS - 1))
    assert similar[ENTRIES] == pytest.approx(farthest, abs=HALF)
    assert (similar[:ENTRIES] > similar[ENTRIES]).all()


def test_size_chooses_the_search(monkeypatch, corpus):
    vectors, owners, _ = corpus
    assert isinstance(search_among(vectors, owners), ExactSearch)
    monkeypatch.setattr(index, "APPROXIMATE_FROM", len(vectors))
    assert isinstance(search_among(vectors, owners), ApproximateSearch)
    assert isinstance(search_among(vectors[:-1], owners[:-1]), ExactSearch)


def test_unknown_search_is_refused_with_what_is_allowed():
    with pytest.raises(ValueError, match=r"'fast' was given.*exact.*approximate") as refused:
        VariantIndex.build(None, [("what is it", "it")], [], "fast")
    assert all(search in str(refused.value) for search in SEARCHES)


@pytest.mark.parametrize("later", ["onnxruntime", "scipy.sparse, sklearn.linear_model", "spacy"])
def test_what_is_loaded_after_the_graphs_library_does_not_crash(later):
    """usearch's own libstdc++ took onnxruntime down with it."""
    code = f"import assistant.faq.approximate_search, {later}"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=250).returncode == 0


def test_graph_of_other_wordings_is_refused(corpus):
    vectors, owners, _ = corpus
    graph = ApproximateSearch.build(vectors, owners).arrays()
    with pytest.raises(ValueError, match=f"{len(owners)} wordings found for {len(owners) - 1}"):
        index._restored(graph, owners[:-1])
