"""HINT3 v1: intents of three shops' bots, and users' queries, half of them out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.benchmarks.data import Benchmark
from assistant.benchmarks.metrics import (
    OUT_OF_SCOPE,
    auroc,
    in_scope_accuracy,
    matthews,
    out_of_scope_recall,
    reject,
)
from assistant.benchmarks.systems import System

COLUMNS = ("in-scope acc @.1", "OOS recall @.5", "MCC LOBO", "AUROC")
ACCURACY_FROM, RECALL_FROM = 0.1, 0.5
# The steps at which the published rows come out, of the nearest neighbour and of the
# regression; finer ones miss the second by .02.
THRESHOLDS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Predictions:
    """What a system made of one bot's queries.

    Attributes:
        truth: Class numbers, out of scope being 0, shape (queries,).
        predicted: Class number of the best intent whatever the confidence, shape (queries,).
        confidence: In it, from 0 to 1, shape (queries,).
    """

    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray

    def at(self, rows: np.ndarray) -> Predictions:
        """Those of some queries, given by their numbers."""
        return Predictions(self.truth[rows], self.predicted[rows], self.confidence[rows])

    def matthews(self) -> np.ndarray:
        """Matthews correlation at each of `THRESHOLDS`."""
        return np.array(
            [
                matthews(self.truth, reject(self.predicted, self.confidence, threshold))
                for threshold in THRESHOLDS
            ]
        )


def predict(system: System, bot: Benchmark) -> Predictions:
    """Trains a system on a bot's sentences and asks it the bot's queries."""
    ranked = system.train(bot.bank).rank(bot.texts)
    numbers = {label: number for number, label in enumerate(ranked.ids, start=1)}
    truth = [numbers[next(iter(query.right))] if query.right else 0 for query in bot.queries]
    best = np.asarray(ranked.scores).argmax(axis=1) + 1
    return Predictions(np.array(truth), best, np.asarray(ranked.confidence))


def figures(bots: Sequence[Predictions]) -> np.ndarray:
    """The four figures, averaged over the bots, in the order of `COLUMNS`.

    One bot alone has no Matthews figure (nan): its threshold comes from the others.

    Args:
        bots: What a system made of each.
    """
    accuracy, recall, area = (
        np.mean([figure(bot) for bot in bots]) for figure in (_accuracy, _recall, _area)
    )
    return np.array([accuracy, recall, leave_one_bot_out(bots), area])


def leave_one_bot_out(bots: Sequence[Predictions]) -> float:
    """Matthews correlation of each bot at the best threshold of the others, averaged."""
    if len(bots) < 2:
        return float("nan")
    curves = np.stack([bot.matthews() for bot in bots])
    others = (curves.sum(axis=0) - curves) / (len(bots) - 1)
    return float(curves[np.arange(len(bots)), others.argmax(axis=1)].mean())


def _accuracy(bot: Predictions) -> float:
    return in_scope_accuracy(bot.truth, reject(bot.predicted, bot.confidence, ACCURACY_FROM))


def _recall(bot: Predictions) -> float:
    return out_of_scope_recall(bot.truth, reject(bot.predicted, bot.confidence, RECALL_FROM))


def _area(bot: Predictions) -> float:
    in_scope = bot.truth != OUT_OF_SCOPE
    return auroc(bot.confidence[in_scope], bot.confidence[~in_scope])
