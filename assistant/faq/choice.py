"""Which of a turn's candidates is right, if any: a conditional logit, kept as plain numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

INVERSE_REGULARISATION = 0.5
LEAST_SPREAD = 1e-9  # of a clue that says the same of all candidates


@dataclass(frozen=True)
class Choice:
    """The probability of each candidate beside the others, and beside none of them.

    Attributes:
        weights: One for each clue.
        bias: Of any candidate against none, whose score is 0.
    """

    weights: tuple[float, ...]
    bias: float

    @classmethod
    def fit(
        cls, cases: Sequence[Sequence[Sequence[float]]], right: Sequence[Sequence[bool]]
    ) -> Choice | None:
        """Fits the weights (McFadden 1974); None where there is nothing to tell apart.

        Args:
            cases: For each turn the clues for each of its candidates, at least one.
            right: Which of them are right; none of them where nothing answers the turn.
        """
        if len({flag for own in right for flag in own}) < 2:
            return None
        clues = np.array([row for case in cases for row in case])
        mean, spread = clues.mean(axis=0), clues.std(axis=0) + LEAST_SPREAD
        # "None" is one more candidate of each case: a row of zeros, also in the bias's column.
        rows: list[list[float]] = []
        hits: list[bool] = []
        starts: list[int] = []
        for case, own in zip(cases, right, strict=True):
            starts.append(len(rows))
            rows += [[*((np.array(row) - mean) / spread), 1.0] for row in case]
            rows.append([0.0] * (len(mean) + 1))
            hits += [*own, not any(own)]
        features, hit, begins = np.array(rows), np.array(hits), np.array(starts)
        case_of = np.repeat(np.arange(len(starts)), np.diff([*starts, len(rows)]))

        def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
            scores = features @ weights
            hit_scores = np.where(hit, scores, -np.inf)
            among_all = np.logaddexp.reduceat(scores, begins)
            among_right = np.logaddexp.reduceat(hit_scores, begins)
            surplus = np.exp(scores - among_all[case_of]) - np.exp(
                hit_scores - among_right[case_of]
            )
            pull = np.append(weights[:-1], 0.0) / INVERSE_REGULARISATION
            value = float((among_all - among_right).sum() + pull @ weights / 2)
            return value, features.T @ surplus + pull

        found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B").x
        weights = found[:-1] / spread
        return cls(tuple(weights.tolist()), float(found[-1] - weights @ mean))

    def shares(self, clues: Sequence[Sequence[float]]) -> list[float]:
        """Returns the probability of each candidate; what is missing to 1 is that of none."""
        scores = np.append(np.array(clues) @ np.array(self.weights) + self.bias, 0.0)
        shares: list[float] = np.exp(scores - logsumexp(scores))[:-1].tolist()
        return shares


def save_choice(choice: Choice | None, file: Path) -> None:
    """Writes a choice, if there is one."""
    if choice is not None:
        file.write_text(json.dumps(asdict(choice)), encoding="utf-8")


def load_choice(file: Path) -> Choice | None:
    """Reads what `save_choice` wrote."""
    if not file.is_file():
        return None
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Choice(tuple(kept["weights"]), kept["bias"])
