import numpy as np

from assistant.faq.calibration import MOST_ANSWERED, MOST_OFFERED, calibrate


def test_thresholds_keep_uncovered_messages_within_their_bounds():
    random = np.random.default_rng(1)
    covered = np.array([True] * 300 + [False] * 300)
    evidence = random.normal(covered[:, None] * 2.0, 1.0, size=(600, 2))
    calibration = calibrate(evidence, covered.tolist(), covered.tolist())
    probability = calibration.probability(evidence)
    assert (probability[~covered] >= calibration.answer_from).mean() <= MOST_ANSWERED + 0.02
    assert (probability[~covered] >= calibration.offer_from).mean() <= MOST_OFFERED + 0.02
    assert probability[covered].mean() > probability[~covered].mean()
