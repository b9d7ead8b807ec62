"""How alike a message is to the wordings of each entry in meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.encoder import Encoder
from assistant.faq.nearest import nearest_by_owner

NEAREST = 2


class VariantIndex:
    """Exact search over the embedded wordings of the entries, and over what none covers.

    Args:
        encoder: Embeds messages.
        ids: Entry ids, in the order of the similarity's columns.
        vectors: Unit vectors of all wordings, shape (wordings, dimension).
        owners: For each wording the position of its entry in `ids`, ascending.
        uncovered: Unit vectors of messages that no entry answers, shape (messages, dimension).
    """

    def __init__(
        self,
        encoder: Encoder,
        ids: Sequence[str],
        vectors: np.ndarray,
        owners: np.ndarray,
        uncovered: np.ndarray,
    ) -> None:
        self.ids = tuple(ids)
        self._encoder = encoder
        self._vectors = vectors
        self._owners = owners
        self._uncovered = uncovered

    @classmethod
    def build(
        cls, encoder: Encoder, wordings: Sequence[tuple[str, str]], uncovered: Sequence[str]
    ) -> VariantIndex:
        """Embeds wordings, pairs of (text, entry id), and messages that no entry answers."""
        ids = sorted({entry_id for _, entry_id in wordings})
        ordered = sorted(wordings, key=lambda pair: pair[1])
        vectors = encoder.encode([text for text, _ in ordered])
        owners = np.array([ids.index(entry_id) for _, entry_id in ordered])
        return cls(encoder, ids, vectors, owners, encoder.encode(uncovered))

    def similarities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the mean cosine with the nearest wordings of each entry.

        Returns:
            Shape (len(texts), len(ids)), from -1 to 1.
        """
        cosines = self._encoder.encode(texts) @ self._vectors.T
        return nearest_by_owner(cosines, self._owners, len(self.ids), NEAREST)

    def uncovered_similarity(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the mean cosine with the nearest uncovered messages, 0 where there are none."""
        if not len(self._uncovered):
            return np.zeros(len(texts), dtype=np.float32)
        cosines = self._encoder.encode(texts) @ self._uncovered.T
        nearest: np.ndarray = np.sort(cosines, axis=1)[:, -NEAREST:].mean(axis=1)
        return nearest

    def save(self, folder: Path) -> None:
        """Writes the index into an existing folder."""
        np.savez_compressed(
            folder / "index.npz",
            ids=np.array(self.ids),
            vectors=self._vectors.astype(np.float16),
            owners=self._owners,
            uncovered=self._uncovered.astype(np.float16),
        )

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> VariantIndex:
        """Reads what `save` wrote."""
        with np.load(folder / "index.npz") as arrays:
            return cls(
                encoder,
                arrays["ids"].tolist(),
                arrays["vectors"].astype(np.float32),
                arrays["owners"],
                arrays["uncovered"].astype(np.float32),
            )
