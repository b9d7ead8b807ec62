"""From ranking evidence to the probability that an entry is the right answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDS = 10
# What the answered and the offered share of messages without an answer may be (the bars of
# the design are 5% and 25%; the margin is for messages unlike those of the validation split).
MOST_ANSWERED = 0.05
MOST_OFFERED = 0.20
LOWEST_ANSWER, LOWEST_OFFER = 0.30, 0.08


@dataclass(frozen=True)
class Calibration:
    """A logistic curve over evidence, and the two thresholds on it.

    Attributes:
        weights: One weight for each feature of the evidence.
        bias: The curve's offset.
        answer_from: From this probability on an entry is answered.
        offer_from: From this probability on entries are offered.
    """

    weights: tuple[float, ...]
    bias: float
    answer_from: float
    offer_from: float

    def probability(self, evidence: np.ndarray) -> np.ndarray:
        """Returns the probability of being right, shape of the evidence less its last axis."""
        result: np.ndarray = 1 / (1 + np.exp(-(evidence @ np.array(self.weights) + self.bias)))
        return result


def calibrate(evidence: np.ndarray, right: Sequence[bool], covered: Sequence[bool]) -> Calibration:
    """Fits the curve and chooses the thresholds on messages never trained on.

    Thresholds are chosen on cross-validated probabilities: the lowest ones at which no more
    of the uncovered messages are answered, or offered buttons, than allowed.

    Args:
        evidence: Of the best entry for each message, shape (messages, features).
        right: Whether the best entry is a right answer.
        covered: Whether any entry is.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    labels = np.array(right)
    probability = cross_val_predict(model, evidence, labels, cv=FOLDS, method="predict_proba")[:, 1]
    model.fit(evidence, labels)
    scaler, curve = model[0], model[1]
    weights = curve.coef_[0] / scaler.scale_
    bias = float(curve.intercept_[0] - weights @ scaler.mean_)
    uncovered = np.sort(probability[~np.array(covered)])
    return Calibration(
        weights=tuple(float(weight) for weight in weights),
        bias=bias,
        answer_from=max(LOWEST_ANSWER, _threshold(uncovered, MOST_ANSWERED)),
        offer_from=max(LOWEST_OFFER, _threshold(uncovered, MOST_OFFERED)),
    )


def _threshold(ascending: np.ndarray, most_above: float) -> float:
    allowed = int(len(ascending) * most_above)
    return float(ascending[len(ascending) - allowed - 1]) + 1e-6
