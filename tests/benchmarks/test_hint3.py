import math

import numpy as np
import pytest

from assistant.benchmarks.data import Bank, Benchmark, Query
from assistant.benchmarks.hint3 import Predictions, figures, leave_one_bot_out, predict
from assistant.benchmarks.systems import System
from assistant.evaluation.peers import Bm25


def bot(*confidence):
    """Two queries in scope, both right, and two out of scope, with these confidences."""
    return Predictions(np.array([1, 2, 0, 0]), np.array([1, 2, 1, 2]), np.array(confidence))


EARLY = bot(0.45, 0.9, 0.35, 0.2)  # all right at .4; at .8 one right answer is lost
LATE = bot(0.9, 0.85, 0.75, 0.1)  # all right at .8; at .4 one wrong answer is given
EARLY_AT_8, LATE_AT_4 = 5 / math.sqrt(60), 0.7


def test_threshold_of_a_bot_comes_from_the_others():
    assert leave_one_bot_out([EARLY, LATE]) == pytest.approx((EARLY_AT_8 + LATE_AT_4) / 2)


def test_threshold_is_the_best_of_the_others_on_average():
    # For each of the late ones .4 is best (1.0 and .7 against .65 and 1.0).
    expected = (EARLY_AT_8 + LATE_AT_4 + LATE_AT_4) / 3
    assert leave_one_bot_out([EARLY, LATE, LATE]) == pytest.approx(expected)


def test_figures_are_averages_over_the_bots():
    unsure = bot(0.05, 0.6, 0.6, 0.2)
    accuracy, recall, _, area = figures([LATE, unsure])
    assert accuracy == (1.0 + 0.5) / 2
    assert recall == (0.5 + 0.5) / 2
    assert area == (1.0 + 1.5 / 4) / 2


def test_one_bot_alone_has_no_threshold_of_others():
    assert np.isnan(figures([LATE])[2])


def test_prediction_is_the_best_entry_and_an_empty_label_is_out_of_scope():
    bank = Bank((("where is my parcel", "TRACK"), ("i want my money back", "REFUND")), {})
    queries = (
        Query("parcel where", frozenset({"TRACK"})),
        Query("money please", frozenset({"REFUND"})),
        Query("hello", frozenset()),
    )
    made = predict(System("", lambda bank: Bm25(bank.wordings)), Benchmark("", bank, queries))
    assert made.truth.tolist() == [1, 2, 0]
    assert made.predicted[:2].tolist() == [1, 2]
    assert made.confidence[0] > 0 and made.confidence[2] == 0
