"""How many questions are answered, and how often that is wrong, as the answer threshold moves.

Only confidence decides here, also for ours; the served rule holds back some more answers (where
a service is meant), so its row of the table lies a little beside its mark on the curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np

from assistant.evaluation.answering import AnsweringSets, Ranker, best_entries

matplotlib.use("Agg")  # no screen is needed

INCHES = (13, 5.5)
BAR = 0.05  # of the design, for answers to what is not covered
STEADY = 10  # answers; the share of wrong ones among fewer says nothing


@dataclass(frozen=True)
class Curve:
    """Shares from 0 to 1 at each threshold, thresholds descending; all of one shape.

    Attributes:
        coverage: Of the questions that an entry answers, how many are answered.
        wrong: Of those answered, how many with a wrong entry.
        uncovered: Of the messages that no entry answers, how many are answered all the same.
        answered: How many questions are answered.
        thresholds: From here on an answer is given.
        served: The threshold that is used.
    """

    coverage: np.ndarray
    wrong: np.ndarray
    uncovered: np.ndarray
    answered: np.ndarray
    thresholds: np.ndarray
    served: float

    def at_served(self) -> tuple[float, float, float]:
        """Coverage, wrong and uncovered share at the served threshold; zeros above all."""
        reached = np.flatnonzero(self.thresholds >= self.served)
        if not len(reached):
            return 0.0, 0.0, 0.0
        last = reached[-1]
        return float(self.coverage[last]), float(self.wrong[last]), float(self.uncovered[last])


def trace(right: np.ndarray, confidence: np.ndarray, uncovered: np.ndarray, served: float) -> Curve:
    """Moves the threshold over every confidence that occurs.

    Args:
        right: Whether the best entry of each question is right, boolean, shape (questions,).
        confidence: In that entry, shape (questions,).
        uncovered: Confidence in the best entry of each uncovered message.
        served: The threshold that is used.
    """
    thresholds = np.unique(np.concatenate([confidence, uncovered]))[::-1]
    answered = _count_from(confidence, thresholds)
    mistaken = _count_from(confidence[~right], thresholds)
    return Curve(
        answered / max(len(confidence), 1),
        mistaken / np.maximum(answered, 1),
        _count_from(uncovered, thresholds) / max(len(uncovered), 1),
        answered,
        thresholds,
        served,
    )


def _count_from(confidence: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    counts: np.ndarray = len(confidence) - np.searchsorted(np.sort(confidence), thresholds)
    return counts


def curve_of(ranker: Ranker, sets: AnsweringSets, served: float) -> Curve:
    """Traces a ranker over a split."""
    ranked = ranker.rank(sets.asked)
    right = [
        best in question.entries
        for best, question in zip(best_entries(ranked), sets.questions, strict=True)
    ]
    uncovered = ranker.rank(sets.uncovered).confidence
    return trace(np.array(right), np.asarray(ranked.confidence), np.asarray(uncovered), served)


def draw_coverage(curves: Mapping[str, Curve], file: Path) -> None:
    """Draws two panels: wrong answers, and answers to what is not covered, over coverage.

    Args:
        curves: Name -> curve.
        file: Where the PNG goes.
    """
    from matplotlib import pyplot
    from matplotlib.ticker import PercentFormatter

    figure, panels = pyplot.subplots(1, 2, figsize=INCHES, sharex=True)
    titles = ("of the answered: wrong entry", "not covered, answered all the same")
    for number, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        for name, curve in curves.items():
            coverage, *errors = curve.at_served()
            error = (curve.wrong, curve.uncovered)[number]
            steady = curve.answered >= STEADY
            (line,) = axes.plot(curve.coverage[steady], error[steady], label=name)
            axes.plot(coverage, errors[number], "o", color=line.get_color(), markersize=9)
        axes.set(xlabel="share of in-scope questions answered", title=title)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    panels[1].axhline(BAR, color="grey", linestyle=":", label=f"bar, {BAR:.0%}")
    for axes in panels:
        axes.legend(loc="upper left")
    figure.suptitle("As the answer threshold moves, on data/evaluation (dots: the threshold used)")
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
