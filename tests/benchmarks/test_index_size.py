"""The measurement of the index by size, on a small corpus; its times are not looked at."""

import numpy as np
import pytest

from assistant.benchmarks.index_size.measuring import KINDS, agreement, measure
from assistant.benchmarks.index_size.report import draw, markdown
from assistant.benchmarks.index_size.wordings import Wordings
from assistant.encoder import get_encoder
from assistant.faq.corpus import load_corpus

MESSAGES = ["what is denosumab for", "can bone mets be cured?", "why do i need a scan"]
TOPICS = 12


@pytest.fixture(scope="module")
def wordings():
    entries = list(load_corpus().entries.values())[:TOPICS]
    return Wordings.embed(get_encoder(), {entry.id: entry.wordings[:5] for entry in entries})


@pytest.fixture(scope="module")
def measured(wordings):
    vectors = dict(zip(MESSAGES, get_encoder().encode(MESSAGES), strict=True))
    return [measure(wordings.grown_to(700), vectors)]


def test_composed_wordings_keep_ids_owners_and_length(wordings):
    grown = wordings.grown_to(500)
    assert grown.ids == wordings.ids and len(grown.texts) == len(grown.owners) == 500
    assert (np.diff(grown.owners) >= 0).all()
    assert np.allclose(np.linalg.norm(grown.vectors, axis=1), 1, atol=1e-5)
    assert {tuple(vector) for vector in wordings.vectors} <= {tuple(row) for row in grown.vectors}


def test_composed_wordings_are_nearest_to_their_own_entry(wordings):
    grown = wordings.grown_to(500)
    nearest = wordings.owners[(grown.vectors @ wordings.vectors.T).argmax(axis=1)]
    assert (nearest == grown.owners).mean() > 0.9


def test_size_below_the_corpus_is_refused(wordings):
    with pytest.raises(ValueError, match="size 3 was given; at least 60"):
        wordings.grown_to(3)


def test_real_messages_are_told_the_same_by_both_searches(measured):
    assert measured[0].recall.first == measured[0].recall.best == measured[0].recall.figures == 1


def test_agreement_tells_a_swapped_entry_and_a_wrong_figure():
    exact = np.array([[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]] * 2)
    approximate = exact.copy()
    approximate[1, :2] = 0.8, 0.9
    approximate[0, 6] = 0.35
    told = agreement(exact, approximate)
    assert (told.first, told.best, told.figures) == (0.5, 1.0, 10 / 12)
    assert told.floor == pytest.approx(0.025)


def test_report_has_a_row_for_each_kind_and_a_picture(measured, tmp_path):
    report = markdown(measured, {"entries": TOPICS, "messages": 3, "encode_ms": 1.0}, 0.5)
    for kind in KINDS:
        assert f"| 700 | {kind} |" in report
    assert "usearch" in report and "commit" in report
    draw(measured, tmp_path / "index-size.png")
    assert (tmp_path / "index-size.png").read_bytes().startswith(b"\x89PNG")
