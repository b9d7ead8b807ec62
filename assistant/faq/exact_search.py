"""Compares a message with every wording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from assistant.faq.nearest import nearest_by_owner
from assistant.faq.wording_search import NEAREST

VECTORS = "vectors"


# As many messages only training has at once; for these one product is ten times as fast.
MANY, BATCH = 64, 256


def in_batches(messages: int) -> Iterator[slice]:
    """Which messages are multiplied with all wordings at once.

    A turn's few one by one: for a few rows BLAS first rearranges all wordings, ten times the work,
    and a figure would depend in its last digit on the messages beside it.
    """
    size = BATCH if messages >= MANY else 1
    return (slice(first, first + size) for first in range(0, messages, size))


class ExactSearch:
    """The search for corpora of ordinary size; see `WordingSearch`.

    Args:
        vectors: Unit vectors of all wordings, shape (wordings, dimension).
        owners: For each wording the number of its entry, ascending, shape (wordings,).
    """

    def __init__(self, vectors: np.ndarray, owners: np.ndarray) -> None:
        self._vectors = vectors.astype(np.float32, copy=False)
        self._owners = owners
        self._entries = int(owners.max(initial=-1)) + 1

    def similarities(self, messages: np.ndarray) -> np.ndarray:
        """Compares messages with all entries; every figure is exact."""
        similar = np.empty((len(messages), self._entries))
        for rows in in_batches(len(messages)):
            cosines = messages[rows] @ self._vectors.T
            similar[rows] = nearest_by_owner(cosines, self._owners, self._entries, NEAREST)
        return similar

    def arrays(self) -> Mapping[str, np.ndarray]:
        """The vectors in half precision: half the file, and cosines right to 1e-4."""
        return {VECTORS: self._vectors.astype(np.float16)}
