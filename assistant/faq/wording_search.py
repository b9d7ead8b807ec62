"""What a search among the wordings promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

NEAREST = 2  # wordings that speak for an entry: one alone may be an odd one
ENTRIES = 6  # whose figures are no floor: twice as many as a ranking keeps


class WordingSearch(Protocol):
    """Says how alike messages are to the nearest wordings of each entry.

    For the entries that are nearest to a message, ENTRIES of them (all, where there are fewer),
    the figure is the mean cosine of the NEAREST nearest wordings, of fewer where an entry has
    fewer. The others may get a floor instead: at least their own figure, and at most that of any
    of the nearest. An approximate search keeps this for nearly all figures:
    docs/benchmarks/index-size.md says for how many.

    What is said of a message does not depend on the messages beside it, and several threads may
    ask at once.
    """

    def similarities(self, messages: np.ndarray) -> np.ndarray:
        """Compares messages with all entries.

        Args:
            messages: Unit vectors, shape (messages, dimension).

        Returns:
            Shape (messages, entries), from -1 to 1.
        """

    def arrays(self) -> Mapping[str, np.ndarray]:
        """All that makes the same search again, by name."""
