"""CovidFAQ: which of 68 questions answers a user's query; one wording an entry."""

from __future__ import annotations

import numpy as np

from assistant.benchmarks.data import Benchmark
from assistant.benchmarks.metrics import (
    average_precision,
    discounted_gain,
    first_is_right,
    relevance_in_order,
)
from assistant.benchmarks.systems import System

COLUMNS = ("MAP", "P@1", "nDCG@10")


def per_query(system: System, bank: Benchmark) -> np.ndarray:
    """Trains a system on the FAQs and measures its rankings.

    Args:
        system: Learns the FAQs' questions and answers.
        bank: With the queries.

    Returns:
        For each query the figures that average to `COLUMNS`, shape (queries, 3).
    """
    ranked = system.train(bank.bank).rank(bank.texts)
    columns = {entry: column for column, entry in enumerate(ranked.ids)}
    # In the order of the bank, so that ties fall the same way for every system.
    order = [columns[entry] for _, entry in bank.bank.wordings]
    relevant = np.array(
        [[entry in query.right for _, entry in bank.bank.wordings] for query in bank.queries]
    )
    ordered = relevance_in_order(np.asarray(ranked.scores)[:, order], relevant)
    measures = (average_precision, first_is_right, discounted_gain)
    return np.stack([measure(ordered) for measure in measures], axis=1)
