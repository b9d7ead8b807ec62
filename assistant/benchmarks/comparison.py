"""Measures systems on the yardsticks and puts them beside the published rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from assistant.benchmarks import covid_faq, hint3, negex
from assistant.benchmarks.data import BOTS, Annotated, Benchmark
from assistant.benchmarks.metrics import bootstrap_intervals
from assistant.benchmarks.systems import System
from assistant.benchmarks.tables import (
    COVID_FAQ_PUBLISHED,
    HINT3_PUBLISHED,
    NEGEX_PUBLISHED,
    Row,
    Table,
)

Measure = Callable[[list[np.ndarray]], np.ndarray]


def compare_on_hint3(bots: Sequence[Benchmark], systems: Sequence[System], resamples: int) -> Table:
    """Measures on some of the bots.

    The published rows are averages over all three, so fewer bots stand without them.

    Args:
        bots: One or more.
        systems: In the order of the rows.
        resamples: Draws for the intervals; 0 for none.
    """
    sizes = [len(bot.queries) for bot in bots]
    rows = []
    for system in systems:
        predictions = [hint3.predict(system, bot) for bot in bots]
        rows.append(_measured(system, sizes, _hint3_measure(predictions), resamples))
    if len(bots) == len(BOTS):
        return Table("HINT3 v1", hint3.COLUMNS, (*HINT3_PUBLISHED, *rows))
    title = f"HINT3 v1, {' and '.join(bot.name for bot in bots)} alone"
    return Table(title, hint3.COLUMNS, tuple(replace(row, rerun_of=None) for row in rows))


def compare_on_covid_faq(bank: Benchmark, systems: Sequence[System], resamples: int) -> Table:
    """Measures on CovidFAQ.

    Args:
        bank: FAQs and queries.
        systems: In the order of the rows.
        resamples: Draws for the intervals; 0 for none.
    """
    rows = [
        _measured(
            system,
            [len(bank.queries)],
            _mean_of(covid_faq.per_query(system, bank)),
            resamples,
        )
        for system in systems
    ]
    return Table("CovidFAQ", covid_faq.COLUMNS, (*COVID_FAQ_PUBLISHED, *rows))


def compare_on_negex(annotated: Sequence[Annotated], resamples: int) -> Table:
    """Measures the status component on the NegEx kit, on all of it and on each half.

    Args:
        annotated: The kit's sentences, in their order.
        resamples: Draws for the intervals; 0 for none.
    """
    truth = np.array([one.negated for one in annotated])
    predicted = negex.predict(annotated)
    rows = []
    for name, part in (
        ("status of mentions", slice(None)),
        ("status of mentions, half that triggers were looked up in", slice(0, None, 2)),
        ("status of mentions, half that nobody looked into", slice(1, None, 2)),
    ):
        measure = _negex_measure(truth[part], predicted[part])
        size = len(truth[part])
        figures = measure([np.arange(size)])
        intervals = bootstrap_intervals([size], measure, resamples) if resamples else None
        rows.append(Row(name, tuple(figures.tolist()), intervals))
    return Table("NegEx kit", negex.COLUMNS, (*NEGEX_PUBLISHED, *rows))


def _negex_measure(truth: np.ndarray, predicted: np.ndarray) -> Measure:
    return lambda drawn: negex.figures(truth[drawn[0]], predicted[drawn[0]])


def _hint3_measure(predictions: Sequence[hint3.Predictions]) -> Measure:
    return lambda drawn: hint3.figures(
        [bot.at(rows) for bot, rows in zip(predictions, drawn, strict=True)]
    )


def _mean_of(per_query: np.ndarray) -> Measure:
    return lambda drawn: per_query[drawn[0]].mean(axis=0)


def _measured(system: System, sizes: Sequence[int], measure: Measure, resamples: int) -> Row:
    figures = measure([np.arange(size) for size in sizes])
    intervals = bootstrap_intervals(sizes, measure, resamples) if resamples else None
    return Row(system.name, tuple(figures.tolist()), intervals, system.rerun_of)
