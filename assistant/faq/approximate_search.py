"""Follows a graph of neighbouring wordings towards a message (HNSW, by usearch)."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
import onnxruntime  # noqa: F401 - see below
from usearch.compiled import MetricKind, ScalarKind
from usearch.index import Index

from assistant.faq.nearest import first_of_each
from assistant.faq.wording_search import ENTRIES, NEAREST

# usearch's wheel carries a libstdc++ of its own. Where it is loaded before the system's, whatever
# loads that later (onnxruntime, for one) crashes: so onnxruntime comes first, above.
GRAPH = "graph"
NEIGHBOURS = 512  # asked for at first: of 100,000 wordings that is enough for most messages
MORE = 4  # times as many, where it is not
CONNECTIVITY, EXPANSION = 16, 128  # usearch's own defaults, written down since a graph is kept


class ApproximateSearch:
    """The search for corpora past the knee of the exact one; see `WordingSearch`.

    The floor is the cosine of the farthest neighbour that was found: a wording that is none is no
    nearer than that, unless the graph has missed it. More neighbours are asked for until no floor
    is part of the ENTRIES highest figures.

    Args:
        graph: Of all wordings, their numbers as keys, cosines as distances from 1.
        owners: For each wording the number of its entry, ascending, shape (wordings,).
    """

    def __init__(self, graph: Index, owners: np.ndarray) -> None:
        self._graph = graph
        self._owners = owners
        self._speak = np.minimum(np.bincount(owners), NEAREST)
        # A search works in the graph's own memory, one piece for each of usearch's threads.
        self._searching = threading.Lock()

    @classmethod
    def build(cls, vectors: np.ndarray, owners: np.ndarray) -> ApproximateSearch:
        """Makes the graph; one thread, so that equal wordings make equal graphs.

        Args:
            vectors: Unit vectors of all wordings, shape (wordings, dimension).
            owners: For each wording the number of its entry, ascending, shape (wordings,).
        """
        graph = Index(
            ndim=vectors.shape[1],
            metric=MetricKind.IP,
            dtype=ScalarKind.F16,
            connectivity=CONNECTIVITY,
            expansion_add=EXPANSION,
        )
        graph.add(np.arange(len(vectors)), vectors.astype(np.float32, copy=False), threads=1)
        return cls(graph, owners)

    @classmethod
    def restore(cls, graph: np.ndarray, owners: np.ndarray) -> ApproximateSearch:
        """Makes the search again.

        Args:
            graph: As `arrays` gives it.
            owners: For each wording the number of its entry, ascending, shape (wordings,).
        """
        restored = Index.restore(graph.tobytes())
        if restored is None or len(restored) != len(owners):
            found = "no graph" if restored is None else f"a graph of {len(restored)} wordings"
            raise ValueError(f"{found} found for {len(owners)} wordings; train the model again")
        return cls(restored, owners)

    def similarities(self, messages: np.ndarray) -> np.ndarray:
        """Compares messages with all entries; those far away get the floor."""
        similar = np.empty((len(messages), len(self._speak)))
        for number, message in enumerate(messages):
            similar[number] = self._of(message)
        return similar

    def _of(self, message: np.ndarray) -> np.ndarray:
        count = NEIGHBOURS
        while True:
            owners, cosines = self._neighbours(message, count)
            total, found = self._nearest(owners, cosines)
            floor = cosines.min(initial=1.0)
            figures: np.ndarray = (total + (self._speak - found) * floor) / self._speak
            best = np.argsort(-figures)[:ENTRIES]
            if count >= len(self._owners) or (found == self._speak)[best].all():
                return figures
            count *= MORE

    def _neighbours(self, message: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Entries and cosines of the nearest wordings, sorted by entry and then by cosine."""
        with self._searching:
            matches = self._graph.search(message, min(count, len(self._owners)), threads=1)
        owners = self._owners[matches.keys.astype(np.intp)]
        order = np.lexsort((matches.distances, owners))
        return owners[order], 1.0 - matches.distances[order]

    def _nearest(self, owners: np.ndarray, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each entry the sum of its best cosines, and how many of them were found."""
        position = np.arange(len(owners))
        begin = np.maximum.accumulate(np.where(first_of_each(owners), position, 0))
        speaks = position - begin < NEAREST
        entries = len(self._speak)
        total = np.bincount(owners[speaks], cosines[speaks], entries)
        return total, np.bincount(owners[speaks], minlength=entries)

    def arrays(self) -> Mapping[str, np.ndarray]:
        """The graph with the vectors in it, as bytes of usearch's own format."""
        return {GRAPH: np.frombuffer(self._graph.save() or b"", dtype=np.uint8)}
