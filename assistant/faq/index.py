"""How alike a message is to the wordings of each entry in meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from assistant.encoder import Encoder
from assistant.faq.exact_search import VECTORS, ExactSearch, in_batches
from assistant.faq.wording_search import NEAREST, WordingSearch

AUTO, EXACT, APPROXIMATE = SEARCHES = ("auto", "exact", "approximate")
# Wordings from which on "auto" takes the approximate search. At 30,000 a text took 7.3 ms of
# processor time exactly, 3.3 ms approximately (docs/benchmarks/index-size.md); below, exactness
# costs little.
APPROXIMATE_FROM = 30_000


class VariantIndex:
    """The embedded wordings of the entries, and what none covers.

    Args:
        encoder: Embeds messages.
        ids: Entry ids, in the order of the similarity's columns.
        owners: For each wording the position of its entry in `ids`, ascending.
        search: Among the wordings.
        uncovered: Unit vectors of messages that no entry answers, shape (messages, dimension).
    """

    def __init__(
        self,
        encoder: Encoder,
        ids: Sequence[str],
        owners: np.ndarray,
        search: WordingSearch,
        uncovered: np.ndarray,
    ) -> None:
        self.ids = tuple(ids)
        self._encoder = encoder
        self._owners = owners
        self._search = search
        self._uncovered = uncovered

    @classmethod
    def build(
        cls,
        encoder: Encoder,
        wordings: Sequence[tuple[str, str]],
        uncovered: Sequence[str],
        search: str = AUTO,
    ) -> VariantIndex:
        """Embeds wordings and messages that no entry answers.

        Args:
            encoder: Embeds them, and messages later.
            wordings: Pairs of (text, entry id).
            uncovered: Messages that no entry answers.
            search: "exact", "approximate", or "auto": which one the number of wordings asks for.

        Raises:
            ValueError: If `search` is none of these.
        """
        if search not in SEARCHES:
            raise ValueError(f"search: {search!r} was given; allowed is one of {SEARCHES}")
        ids = sorted({entry_id for _, entry_id in wordings})
        ordered = sorted(wordings, key=lambda pair: pair[1])
        vectors = encoder.encode([text for text, _ in ordered])
        owners = np.searchsorted(ids, [entry_id for _, entry_id in ordered])
        among = search_among(vectors, owners, search)
        return cls(encoder, ids, owners, among, encoder.encode(uncovered))

    def similarities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the mean cosine with the nearest wordings of each entry, see `WordingSearch`.

        Returns:
            Shape (len(texts), len(ids)), from -1 to 1.
        """
        return self._search.similarities(self._encoder.encode(texts))

    def uncovered_similarity(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the mean cosine with the nearest uncovered messages, 0 where there are none."""
        if not len(self._uncovered):
            return np.zeros(len(texts), dtype=np.float32)
        similar = np.empty(len(texts), dtype=np.float32)
        messages, few = self._encoder.encode(texts), min(NEAREST, len(self._uncovered))
        for rows in in_batches(len(texts)):
            cosines = messages[rows] @ self._uncovered.T
            similar[rows] = np.partition(cosines, -few, axis=1)[:, -few:].mean(axis=1)
        return similar

    def save(self, folder: Path) -> None:
        """Writes the index into an existing folder."""
        np.savez_compressed(
            folder / "index.npz",
            ids=np.array(self.ids),
            owners=self._owners,
            uncovered=self._uncovered.astype(np.float16),
            **self._search.arrays(),
        )

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> VariantIndex:
        """Reads what `save` wrote, and searches as the index that was saved."""
        with np.load(folder / "index.npz") as arrays:
            owners = arrays["owners"]
            return cls(
                encoder,
                arrays["ids"].tolist(),
                owners,
                _restored(arrays, owners),
                arrays["uncovered"].astype(np.float32),
            )


def search_among(vectors: np.ndarray, owners: np.ndarray, search: str = AUTO) -> WordingSearch:
    """Makes a search among wordings.

    Args:
        vectors: Their unit vectors, shape (wordings, dimension).
        owners: For each the number of its entry, ascending, shape (wordings,).
        search: One of SEARCHES.
    """
    if search == EXACT or (search == AUTO and len(vectors) < APPROXIMATE_FROM):
        return ExactSearch(vectors, owners)
    # Imported here: most sites never need it.
    from assistant.faq.approximate_search import ApproximateSearch

    return ApproximateSearch.build(vectors, owners)


def _restored(arrays: Mapping[str, np.ndarray], owners: np.ndarray) -> WordingSearch:
    if VECTORS in arrays:
        return ExactSearch(arrays[VECTORS], owners)
    from assistant.faq.approximate_search import GRAPH, ApproximateSearch

    return ApproximateSearch.restore(arrays[GRAPH], owners)
