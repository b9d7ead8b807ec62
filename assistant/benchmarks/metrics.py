"""The yardsticks' metrics, in numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

OUT_OF_SCOPE = 0  # the class of queries that no intent answers; intents count from 1
RESAMPLES, SEED = 1000, 3
COVERAGE = 95  # of an interval, per cent


def reject(predicted: np.ndarray, confidence: np.ndarray, threshold: float) -> np.ndarray:
    """Turns predictions below a threshold into out of scope.

    Args:
        predicted: Class numbers, shape (queries,).
        confidence: In each of them, shape (queries,).
        threshold: The lowest confidence that stands.

    >>> reject(np.array([1, 2]), np.array([0.7, 0.3]), 0.5).tolist()
    [1, 0]
    """
    return np.where(confidence < threshold, OUT_OF_SCOPE, predicted)


def in_scope_accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Returns the share of the in-scope queries whose class is right.

    Args:
        truth: Class numbers, shape (queries,).
        predicted: Likewise, the rejected ones out of scope.
    """
    in_scope = truth != OUT_OF_SCOPE
    return float((predicted == truth)[in_scope].mean())


def out_of_scope_recall(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Returns the share of the out-of-scope queries that are rejected.

    Args:
        truth: Class numbers, shape (queries,).
        predicted: Likewise, the rejected ones out of scope.
    """
    return float((predicted[truth == OUT_OF_SCOPE] == OUT_OF_SCOPE).mean())


def matthews(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Returns the multiclass Matthews correlation (Gorodkin 2004), from -1 to 1.

    It is 0 where either side has one class only.

    Args:
        truth: Class numbers from 0 on, shape (queries,).
        predicted: Likewise.
    """
    classes = int(max(truth.max(), predicted.max())) + 1
    true = np.bincount(truth, minlength=classes).astype(float)
    guessed = np.bincount(predicted, minlength=classes).astype(float)
    total, hits = float(len(truth)), float((truth == predicted).sum())
    spread = (total**2 - guessed @ guessed) * (total**2 - true @ true)
    if spread == 0:
        return 0.0
    return float((hits * total - true @ guessed) / np.sqrt(spread))


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Returns the chance that a positive scores above a negative, ties counting half.

    Args:
        positive: Scores, shape (positives,).
        negative: Scores, shape (negatives,).
    """
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).mean() / (2 * len(ordered)))


def relevance_in_order(scores: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """Puts what is relevant into the order of the ranking; ties keep the order of the columns.

    Args:
        scores: Higher is better, shape (queries, entries).
        relevant: Booleans, likewise; at least one true in each row.

    Returns:
        Booleans, shape (queries, entries), best entry first.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered: np.ndarray = np.take_along_axis(relevant, order, axis=1)
    return ordered


def average_precision(ordered: np.ndarray) -> np.ndarray:
    """Returns the average precision of each query, shape (queries,); its mean is MAP.

    Args:
        ordered: As `relevance_in_order` gives it.

    >>> average_precision(np.array([[True, False, True, False]])).round(3).tolist()
    [0.833]
    """
    precision = ordered.cumsum(axis=1) / np.arange(1, ordered.shape[1] + 1)
    average: np.ndarray = (precision * ordered).sum(axis=1) / ordered.sum(axis=1)
    return average


def first_is_right(ordered: np.ndarray) -> np.ndarray:
    """Returns 1.0 for each query whose first entry is relevant, else 0.0; its mean is P@1.

    Args:
        ordered: As `relevance_in_order` gives it.
    """
    return ordered[:, 0].astype(float)


def discounted_gain(ordered: np.ndarray, depth: int = 10) -> np.ndarray:
    """Returns nDCG of each query, shape (queries,), each relevant entry counting the same.

    Args:
        ordered: As `relevance_in_order` gives it.
        depth: How many entries are looked at.
    """
    discount = 1 / np.log2(np.arange(min(depth, ordered.shape[1])) + 2)
    best = discount.cumsum()[np.minimum(ordered.sum(axis=1), len(discount)) - 1]
    gain: np.ndarray = ordered[:, : len(discount)] @ discount / best
    return gain


def bootstrap_intervals(
    sizes: Sequence[int],
    measure: Callable[[list[np.ndarray]], np.ndarray],
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> np.ndarray:
    """Draws queries anew, with replacement, and sees how far the figures move (Efron 1979).

    Args:
        sizes: Number of queries in each group; each group is drawn for itself.
        measure: Figures of one draw, shape (figures,), from the row numbers of each group.
        resamples: Number of draws.
        seed: Of the draws, so that intervals come out the same each time.

    Returns:
        The ends of the 95% percentile intervals, shape (figures, 2).
    """
    random = np.random.default_rng(seed)
    drawn = [
        measure([random.integers(size, size=size) for size in sizes]) for _ in range(resamples)
    ]
    tail = (100 - COVERAGE) / 2
    ends: np.ndarray = np.percentile(drawn, [tail, 100 - tail], axis=0)
    return ends.T
