import numpy as np
import pytest

from assistant.evaluation.answering import AnsweringSets
from assistant.evaluation.coverage import curve_of, draw_coverage, trace
from assistant.evaluation.peers import Bm25
from assistant.faq.validation import Labelled

PNG = b"\x89PNG"


@pytest.fixture
def curve():
    right = np.array([True, False, True, True])
    confidence = np.array([0.9, 0.8, 0.6, 0.2])
    return trace(right, confidence, np.array([0.7, 0.1]), served=0.65)


def test_curve_counts_what_each_threshold_answers(curve):
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.7, 0.6, 0.2, 0.1]
    assert curve.coverage.tolist() == [0.25, 0.5, 0.5, 0.75, 1.0, 1.0]
    assert curve.wrong == pytest.approx([0, 1 / 2, 1 / 2, 1 / 3, 1 / 4, 1 / 4])
    assert curve.uncovered.tolist() == [0, 0, 0.5, 0.5, 0.5, 1.0]


def test_served_threshold_is_read_off_the_curve(curve):
    assert curve.at_served() == (0.5, 0.5, 0.5)


def test_threshold_above_all_answers_nothing():
    curve = trace(np.array([True]), np.array([0.3]), np.array([0.2]), served=0.9)
    assert curve.at_served() == (0.0, 0.0, 0.0)


def test_curve_of_a_real_ranker_ends_where_all_is_answered():
    peer = Bm25([("what is denosumab", "denosumab"), ("can I swim", "exercise")])
    sets = AnsweringSets(
        (Labelled("denosumab", ("denosumab",)), Labelled("swim", ("denosumab",))), ("pizza",)
    )
    curve = curve_of(peer, sets, served=0.1)
    assert (curve.coverage[-1], curve.wrong[-1], curve.uncovered[-1]) == (1.0, 0.5, 1.0)
    assert curve.at_served() == (1.0, 0.5, 0.0)


def test_picture_is_drawn(curve, tmp_path):
    draw_coverage({"assistant": curve, "bm25": curve}, tmp_path / "coverage.png")
    assert (tmp_path / "coverage.png").read_bytes().startswith(PNG)
