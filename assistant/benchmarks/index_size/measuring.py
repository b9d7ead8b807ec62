"""Builds, loads and asks indexes of one size, each step in a process of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from assistant.benchmarks.index_size.wordings import Wordings
from assistant.encoder import Encoder
from assistant.faq.index import APPROXIMATE, EXACT, VariantIndex, search_among
from assistant.faq.lexical import LexicalIndex
from assistant.faq.wording_search import ENTRIES

LEXICAL = "lexical"
KINDS = (EXACT, APPROXIMATE, LEXICAL)
BEST = 3  # entries of a message that a ranking keeps
SAME = 1e-3  # cosines that differ less are the same: vectors are kept in half precision
Result = TypeVar("Result")


@dataclass(frozen=True)
class Asked:
    """What one message costs, its vector known.

    Attributes:
        p50_ms: Wall clock.
        p95_ms: Wall clock.
        cpu_ms: Processor time, on average.
    """

    p50_ms: float
    p95_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class Cost:
    """What one index costs.

    Attributes:
        build_s: Making it from vectors or texts, processor seconds.
        load_s: Reading it out of its file, processor seconds.
        file_mb: On disk.
        memory_mb: What loading adds to the resident memory.
        asked: What one message costs.
    """

    build_s: float
    load_s: float
    file_mb: float
    memory_mb: float
    asked: Asked


@dataclass(frozen=True)
class Recall:
    """How well the approximate search agrees with the exact one.

    Attributes:
        first: Share of messages with the same nearest entry.
        best: Share of messages with the same BEST nearest entries.
        figures: Share of the figures of the exact search's ENTRIES nearest that are the same.
        floor: Mean of what a figure outside of these is too high by.
    """

    first: float
    best: float
    figures: float
    floor: float


@dataclass(frozen=True)
class Measured:
    """All of one size.

    Attributes:
        wordings: How many.
        costs: By kind of index.
        recall: Of the approximate search.
    """

    wordings: int
    costs: dict[str, Cost]
    recall: Recall


class Known:
    """A backend of an encoder that has nothing left to compute: encoding is not what is measured.

    Args:
        vectors: By text.
    """

    fingerprint = "known"

    def __init__(self, vectors: Mapping[str, np.ndarray]) -> None:
        self._vectors = dict(vectors)
        self.dimension = next(iter(self._vectors.values())).size

    def embed(self, text: str) -> np.ndarray:
        """The vector of a known text."""
        return self._vectors[text]


def measure(wordings: Wordings, messages: Mapping[str, np.ndarray]) -> Measured:
    """Measures all kinds of index on the same wordings and messages.

    Args:
        wordings: What is searched.
        messages: Vectors by text; the kinds are asked in turn, message by message.
    """
    known = Known(messages)
    with TemporaryDirectory() as folder:
        folders = {kind: Path(folder) / kind for kind in KINDS}
        built = {kind: _alone(_build, kind, wordings, known, folders[kind]) for kind in KINDS}
        loaded = {kind: _alone(_load_cost, kind, known, folders[kind]) for kind in KINDS}
        asked, recall = _alone(_ask, folders, known, list(messages))
        sizes = {
            kind: sum(file.stat().st_size for file in folders[kind].iterdir()) / 2**20
            for kind in KINDS
        }
    costs = {
        kind: Cost(built[kind], loaded[kind][0], sizes[kind], loaded[kind][1], asked[kind])
        for kind in KINDS
    }
    return Measured(len(wordings.texts), costs, recall)


def _alone(function: Callable[..., Result], *arguments: object) -> Result:
    """Calls in a new process: nothing that was there before counts as memory."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # imported once, not in each process
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(function, *arguments).result()


def _build(kind: str, wordings: Wordings, known: Known, folder: Path) -> float:
    folder.mkdir()
    begun = time.process_time()
    index: VariantIndex | LexicalIndex
    if kind == LEXICAL:
        pairs = [
            (text, wordings.ids[owner])
            for text, owner in zip(wordings.texts, wordings.owners, strict=True)
        ]
        index = LexicalIndex.build(pairs, {})
    else:
        search = search_among(wordings.vectors, wordings.owners, kind)
        nothing = wordings.vectors[:0]
        ids, owners = wordings.ids, wordings.owners
        index = VariantIndex(Encoder(known), ids, owners, search, nothing)
    seconds = time.process_time() - begun
    index.save(folder)
    return seconds


def _load_cost(kind: str, known: Known, folder: Path) -> tuple[float, float]:
    if kind == APPROXIMATE:
        import assistant.faq.approximate_search  # noqa: F401 - the library is no part of the index
    gc.collect()
    before, begun = _resident(), time.process_time()
    index = (
        LexicalIndex.load(folder) if kind == LEXICAL else VariantIndex.load(folder, Encoder(known))
    )
    seconds = time.process_time() - begun
    gc.collect()
    added = _resident() - before
    assert index.ids
    return seconds, added


def _resident() -> float:
    """Resident memory in MB."""
    line = next(
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def _ask(
    folders: dict[str, Path], known: Known, messages: Sequence[str]
) -> tuple[dict[str, Asked], Recall]:
    encoder = Encoder(known)
    vectors = {kind: VariantIndex.load(folders[kind], encoder) for kind in (EXACT, APPROXIMATE)}
    lexical = LexicalIndex.load(folders[LEXICAL])
    indexes: dict[str, VariantIndex | LexicalIndex] = {**vectors, LEXICAL: lexical}
    # This also leaves corrected words in a cache.
    exact, approximate = (index.similarities(messages) for index in vectors.values())
    lexical.similarities(messages)
    walls: dict[str, list[float]] = {kind: [] for kind in indexes}
    spent: dict[str, list[float]] = {kind: [] for kind in indexes}
    for message in messages:
        for kind, index in indexes.items():
            wall, processor = time.perf_counter(), time.process_time()
            index.similarities([message])
            walls[kind].append((time.perf_counter() - wall) * 1000)
            spent[kind].append((time.process_time() - processor) * 1000)
    asked = {kind: Asked(*_percentiles(walls[kind]), float(np.mean(spent[kind]))) for kind in walls}
    return asked, agreement(exact, approximate)


def _percentiles(milliseconds: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return float(p50), float(p95)


def agreement(exact: np.ndarray, approximate: np.ndarray) -> Recall:
    """Compares what two searches say of the same messages.

    Args:
        exact: Shape (messages, entries).
        approximate: Likewise.
    """
    order, other = np.argsort(-exact, axis=1), np.argsort(-approximate, axis=1)
    apart = np.take_along_axis(approximate - exact, order, axis=1)
    same = [set(ours[:BEST]) == set(its[:BEST]) for ours, its in zip(order, other, strict=True)]
    return Recall(
        float(np.mean(order[:, 0] == other[:, 0])),
        float(np.mean(same)),
        float(np.mean(np.abs(apart[:, :ENTRIES]) <= SAME)),
        float(apart[:, ENTRIES:].mean()) if apart.shape[1] > ENTRIES else 0.0,
    )
