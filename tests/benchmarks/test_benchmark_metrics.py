import math

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef, ndcg_score, roc_auc_score

from assistant.benchmarks.metrics import (
    auroc,
    average_precision,
    bootstrap_intervals,
    discounted_gain,
    first_is_right,
    in_scope_accuracy,
    matthews,
    out_of_scope_recall,
    reject,
    relevance_in_order,
)

TRUTH = np.array([1, 2, 2, 0, 0])
PREDICTED = np.array([1, 1, 2, 2, 1])
CONFIDENCE = np.array([0.9, 0.8, 0.05, 0.4, 0.5])


def test_rejection_is_below_the_threshold_not_at_it():
    assert reject(PREDICTED, CONFIDENCE, 0.5).tolist() == [1, 1, 0, 0, 1]


def test_in_scope_accuracy_counts_a_rejected_query_as_wrong():
    assert in_scope_accuracy(TRUTH, PREDICTED) == pytest.approx(2 / 3)
    assert in_scope_accuracy(TRUTH, reject(PREDICTED, CONFIDENCE, 0.1)) == pytest.approx(1 / 3)


def test_out_of_scope_recall_is_the_share_rejected():
    assert out_of_scope_recall(TRUTH, reject(PREDICTED, CONFIDENCE, 0.5)) == 0.5


def test_matthews_of_two_classes_by_hand():
    # 3 true positives, 1 false negative, 2 false positives, 4 true negatives.
    truth = np.array([1] * 4 + [0] * 6)
    predicted = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
    assert matthews(truth, predicted) == pytest.approx((3 * 4 - 2 * 1) / math.sqrt(5 * 4 * 6 * 5))


def test_matthews_is_0_where_all_is_one_class():
    assert matthews(np.array([1, 2, 0]), np.array([1, 1, 1])) == 0.0


def test_matthews_of_many_classes_as_scikit_learn_has_it():
    random = np.random.default_rng(0)
    truth = random.integers(0, 7, size=300)
    predicted = np.where(random.random(300) < 0.4, truth, random.integers(0, 9, size=300))
    assert matthews(truth, predicted) == pytest.approx(matthews_corrcoef(truth, predicted))


def test_auroc_by_hand_with_a_tie():
    # Of six pairs four are in order, one is tied.
    assert auroc(np.array([0.9, 0.5]), np.array([0.5, 0.1, 0.6])) == pytest.approx(4.5 / 6)


def test_auroc_as_scikit_learn_has_it():
    random = np.random.default_rng(0)
    scores = random.integers(0, 20, size=200) / 20
    positive = random.random(200) < scores
    expected = roc_auc_score(positive, scores)
    assert auroc(scores[positive], scores[~positive]) == pytest.approx(expected)


def test_ranking_metrics_by_hand():
    scores = np.array([[0.1, 0.9, 0.5, 0.3], [0.1, 0.9, 0.5, 0.3]])
    relevant = np.array([[True, False, True, False], [False, True, False, False]])
    ordered = relevance_in_order(scores, relevant)
    assert ordered.tolist() == [[False, True, False, True], [True, False, False, False]]
    assert average_precision(ordered).tolist() == [(1 / 2 + 2 / 4) / 2, 1.0]
    assert first_is_right(ordered).tolist() == [0.0, 1.0]
    gain = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert discounted_gain(ordered) == pytest.approx([gain, 1.0])


def test_ties_keep_the_order_of_the_columns():
    relevant = np.array([[False, True, False]])
    assert relevance_in_order(np.zeros((1, 3)), relevant).tolist() == relevant.tolist()


def test_gain_looks_at_ten_entries_alone():
    ordered = np.zeros((2, 12), dtype=bool)
    ordered[0, 9] = ordered[1, 10] = True
    assert discounted_gain(ordered) == pytest.approx([1 / math.log2(11), 0.0])


def test_gain_of_more_than_ten_relevant_entries_can_be_whole():
    assert discounted_gain(np.ones((1, 12), dtype=bool)) == pytest.approx([1.0])


def test_gain_as_scikit_learn_has_it():
    random = np.random.default_rng(0)
    scores, relevant = random.random((50, 20)), random.random((50, 20)) < 0.2
    relevant[:, 0] = True
    expected = ndcg_score(relevant, scores, k=10)
    assert discounted_gain(relevance_in_order(scores, relevant)).mean() == pytest.approx(expected)


def test_bootstrap_interval_of_a_share_is_that_of_the_normal_approximation():
    hits = np.array([1.0] * 300 + [0.0] * 100)
    ((low, high),) = bootstrap_intervals([400], lambda rows: np.array([hits[rows[0]].mean()]))
    margin = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert (low, high) == pytest.approx((0.75 - margin, 0.75 + margin), abs=0.006)


def test_bootstrap_draws_each_group_for_itself_and_the_same_each_time():
    seen = []

    def measure(rows):
        seen.append([row.tolist() for row in rows])
        return np.array([0.0])

    bootstrap_intervals([3, 5], measure, resamples=2)
    bootstrap_intervals([3, 5], measure, resamples=2)
    assert seen[:2] == seen[2:] and seen[0] != seen[1]
    assert [len(rows) for rows in seen[0]] == [3, 5]
    assert set(seen[0][0]) <= {0, 1, 2} and set(seen[0][1]) <= {0, 1, 2, 3, 4}
