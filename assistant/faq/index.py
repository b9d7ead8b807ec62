"""How alike a message is to the wordings of each entry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.encoder import Encoder

NEAREST = 2  # wordings that speak for an entry; one alone may be an odd one


class VariantIndex:
    """Exact search over the embedded wordings of the entries.

    Args:
        encoder: Embeds messages.
        ids: Entry ids, in the order of the similarity's columns.
        vectors: Unit vectors of all wordings, shape (wordings, dimension).
        owners: For each wording the position of its entry in `ids`, shape (wordings,).
    """

    def __init__(
        self, encoder: Encoder, ids: Sequence[str], vectors: np.ndarray, owners: np.ndarray
    ) -> None:
        self.ids = tuple(ids)
        self._encoder = encoder
        self._vectors = vectors
        self._owners = owners

    @classmethod
    def build(cls, encoder: Encoder, wordings: Sequence[tuple[str, str]]) -> VariantIndex:
        """Embeds (text, entry id) pairs."""
        ids = sorted({entry_id for _, entry_id in wordings})
        position = {entry_id: number for number, entry_id in enumerate(ids)}
        vectors = encoder.encode([text for text, _ in wordings])
        owners = np.array([position[entry_id] for _, entry_id in wordings])
        return cls(encoder, ids, vectors, owners)

    def similarities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the mean cosine with the nearest wordings of each entry.

        Returns:
            Shape (len(texts), len(ids)), from -1 to 1.
        """
        cosines = self._encoder.encode(texts) @ self._vectors.T
        columns = [
            np.sort(cosines[:, self._owners == number], axis=1)[:, -NEAREST:].mean(axis=1)
            for number in range(len(self.ids))
        ]
        return np.stack(columns, axis=1)

    def save(self, folder: Path) -> None:
        """Writes the index into an existing folder."""
        np.savez_compressed(
            folder / "index.npz",
            ids=np.array(self.ids),
            vectors=self._vectors.astype(np.float16),
            owners=self._owners,
        )

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> VariantIndex:
        """Reads what `save` wrote."""
        with np.load(folder / "index.npz") as arrays:
            vectors = arrays["vectors"].astype(np.float32)
            return cls(encoder, arrays["ids"].tolist(), vectors, arrays["owners"])
