"""The corpus's own wordings, and as many more as are wanted, composed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.encoder import Encoder

# A composed vector lies between two wordings of an entry, nearer to the first, and aside by noise
# of this length: its cosine with what lies between them is about 0.9.
MOST_OF_OTHER, NOISE = 0.5, 0.45


@dataclass(frozen=True)
class Wordings:
    """Wordings in the order of an index.

    Attributes:
        ids: Entry ids, sorted.
        owners: For each wording the position of its entry in `ids`, ascending.
        texts: The wordings.
        vectors: Their unit vectors, shape (wordings, dimension), float32.
    """

    ids: tuple[str, ...]
    owners: np.ndarray
    texts: tuple[str, ...]
    vectors: np.ndarray

    @classmethod
    def embed(cls, encoder: Encoder, by_entry: Mapping[str, Sequence[str]]) -> Wordings:
        """Embeds the wordings of each entry."""
        ids = tuple(sorted(by_entry))
        texts = tuple(text for id_ in ids for text in by_entry[id_])
        owners = np.repeat(np.arange(len(ids)), [len(by_entry[id_]) for id_ in ids])
        return cls(ids, owners, texts, encoder.encode(texts))

    def grown_to(self, size: int, seed: int = 0) -> Wordings:
        """Adds composed wordings; each belongs to an entry that is there.

        A composed text is the first half of one wording and the second half of another of the
        same entry. A composed vector is no vector of that text: encoding 100,000 texts would
        take minutes, and time and memory do not depend on what they say.

        Args:
            size: Wordings in all, at least as many as there are.
            seed: Of the draws.
        """
        if size < len(self.texts):
            raise ValueError(f"size {size} was given; at least {len(self.texts)} is needed")
        random = np.random.default_rng(seed)
        first = random.integers(0, len(self.texts), size - len(self.texts))
        owners = self.owners[first]
        starts = np.searchsorted(self.owners, np.arange(len(self.ids)))
        other = starts[owners] + (
            random.random(len(first)) * np.bincount(self.owners)[owners]
        ).astype(int)
        share = random.random((len(first), 1)).astype(np.float32) * MOST_OF_OTHER
        between = _unit((1 - share) * self.vectors[first] + share * self.vectors[other])
        aside = _unit(random.standard_normal(between.shape).astype(np.float32))
        vectors = np.concatenate([self.vectors, _unit(between + NOISE * aside)])
        texts = [*self.texts, *map(self._joined, first, other)]
        every_owner = np.concatenate([self.owners, owners])
        order = np.argsort(every_owner, kind="stable")
        return Wordings(
            self.ids, every_owner[order], tuple(texts[number] for number in order), vectors[order]
        )

    def _joined(self, first: int, other: int) -> str:
        begin, end = self.texts[first].split(), self.texts[other].split()
        return " ".join([*begin[: (len(begin) + 1) // 2], *end[len(end) // 2 :]])


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
