"""The ranking finds what speaks, the curve tells right from wrong, the thresholds hold."""

import numpy as np

from assistant.faq.calibration import (
    MOST_ANSWERED,
    MOST_OFFERED,
    START,
    fit_curve,
    fit_ranking,
)
from assistant.faq.evidence import Evidence

ENTRIES = 5


def messages(count, covered, seed):
    """Evidence whose second feature tells the right entry; the third is noise."""
    random = np.random.default_rng(seed)
    features = random.normal(0, 1, size=(count, ENTRIES, 4))
    right = np.zeros((count, ENTRIES), dtype=bool)
    if covered:
        right[np.arange(count), random.integers(ENTRIES, size=count)] = True
        features[right, 1] += 4.0
    services = random.uniform(0.0, 0.2, size=(count, 2)) + (0.0 if covered else 0.6)
    return Evidence(features, services, random.normal(0, 1, size=count)), right


def both(seed):
    (one, right), (other, none) = messages(300, True, seed), messages(300, False, seed + 1)
    evidence = Evidence(
        np.concatenate([one.features, other.features]),
        np.concatenate([one.services, other.services]),
        np.concatenate([one.uncovered, other.uncovered]),
    )
    return evidence, np.concatenate([right, none])


def test_ranking_weighs_what_tells_more_than_noise():
    weights = fit_ranking(*messages(300, True, 1))
    assert weights[1] > 5 * weights[2]


def test_without_labels_the_ranking_is_the_one_it_starts_with():
    evidence, right = messages(0, True, 1)
    assert fit_ranking(evidence, right) == tuple(START)


def test_thresholds_keep_uncovered_messages_within_their_bounds():
    evidence, right = both(1)
    covered = right.any(axis=1)
    calibration = fit_curve(evidence, (0.0, 1.0, 0.0, 0.0), right, covered.tolist())
    fresh, fresh_right = both(7)
    uncovered = ~fresh_right.any(axis=1)
    confidence = calibration.confidence(fresh, calibration.scores(fresh))
    assert (confidence[uncovered] >= calibration.answer_from).mean() <= MOST_ANSWERED + 0.04
    assert (confidence[uncovered] >= calibration.offer_from).mean() <= MOST_OFFERED + 0.04
    assert (confidence[~uncovered] >= calibration.answer_from).mean() > 0.8


def test_messages_that_are_all_right_give_a_sure_curve():
    evidence, right = messages(20, True, 3)
    evidence.features[right, 1] += 50
    calibration = fit_curve(evidence, (0.0, 1.0, 0.0, 0.0), right, [True] * 20)
    assert calibration.confidence(evidence, calibration.scores(evidence)).min() > 0.9
