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
    sizes = np.diff(starts, append=len(owners))
    rest = np.array(similarities, dtype=np.float32)
    best = np.maximum.reduceat(rest, starts, axis=1)
    total = best
    for taken in range(1, nearest):
        for row, values in enumerate(rest):
            hits = np.flatnonzero(values == best[row].take(owners))
            values[hits[first_of_each(owners[hits])]] = -np.inf
        best = np.maximum.reduceat(rest, starts, axis=1)
        total = total + np.where(sizes > taken, best, 0.0)
    shares: np.ndarray = total / np.minimum(nearest, sizes)
    return shares


def first_of_each(ascending: np.ndarray) -> np.ndarray:
    """Marks where a new value begins in ascending ones."""
    first = np.ones(len(ascending), dtype=bool)
    first[1:] = ascending[1:] != ascending[:-1]
    return first
