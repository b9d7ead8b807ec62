"""The nearest few wordings of each entry."""

from __future__ import annotations

import numpy as np


def nearest_by_owner(
    similarities: np.ndarray, owners: np.ndarray, count: int, nearest: int
) -> np.ndarray:
    """Averages the highest similarities of each owner; one wording alone may be an odd one.

    Args:
        similarities: Of messages with wordings, shape (messages, wordings).
        owners: For each wording the number of its entry, ascending, shape (wordings,).
        count: Number of entries; each owns at least one wording.
        nearest: How many wordings speak for an entry (fewer where it has fewer).

    Returns:
        Shape (messages, count).
    """
    starts = np.searchsorted(owners, np.arange(count))
    sizes = np.diff([*starts, len(owners)])
    rest = np.array(similarities, dtype=np.float32)
    total = np.zeros((len(rest), count), dtype=np.float32)
    for taken in range(nearest):
        best = np.maximum.reduceat(rest, starts, axis=1)
        total += np.where(sizes > taken, best, 0.0)
        for row, values in enumerate(rest):
            hits = np.flatnonzero(values == best[row, owners])
            _, first = np.unique(owners[hits], return_index=True)
            values[hits[first]] = -np.inf  # the next round finds the next nearest
    shares: np.ndarray = total / np.minimum(nearest, sizes)
    return shares
