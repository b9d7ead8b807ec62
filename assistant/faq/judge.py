"""A logistic judgement over a handful of clues, kept as plain numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

INVERSE_REGULARISATION = 0.5


@dataclass(frozen=True)
class Judge:
    """The probability that a candidate is right, from its clues.

    Attributes:
        weights: One for each clue.
        bias: The curve's offset.
    """

    weights: tuple[float, ...]
    bias: float

    @classmethod
    def fit(cls, clues: Sequence[Sequence[float]], right: Sequence[bool]) -> Judge | None:
        """Fits the curve; None where there is nothing to tell apart."""
        if len(set(right)) < 2:
            return None
        model = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION))
        model.fit(np.array(clues), np.array(right))
        scaler, curve = model[0], model[1]
        weights = curve.coef_[0] / scaler.scale_
        return cls(tuple(weights.tolist()), float(curve.intercept_[0] - weights @ scaler.mean_))

    def probability(self, clues: Sequence[float]) -> float:
        """Returns the probability for one candidate."""
        return float(expit(np.dot(self.weights, clues) + self.bias))


def save_judge(judge: Judge | None, file: Path) -> None:
    """Writes a judge, if there is one."""
    if judge is not None:
        file.write_text(json.dumps(asdict(judge)), encoding="utf-8")


def load_judge(file: Path) -> Judge | None:
    """Reads what `save_judge` wrote."""
    if not file.is_file():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Judge(tuple(kept["weights"]), kept["bias"])
