"""The encoder that serves intent, retriever and red-flag screen, one in the process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

import numpy as np

from assistant.encoder.vectors import KeptVectors
from assistant.observability.stages import stage
from assistant.paths import BUILT_ENCODERS, BUILT_VECTORS, KEPT_ENCODERS

DEFAULT_MODEL = "bone-metastases-minilm"  # ours, kept in the repository
PACKAGED_MODEL = "all-MiniLM-L6-v2"  # what ours was made from; exported by the set-up
CACHED_TEXTS = 4096
MANY_TEXTS = 100  # only training has so many; they are shared out over the cores


class EncoderError(Exception):
    """The encoder cannot be loaded; the message says what to do."""


class Backend(Protocol):
    """Turns one text into one vector."""

    fingerprint: str
    dimension: int

    def embed(self, text: str) -> np.ndarray:
        """Returns the unit vector of `text`, shape (dimension,), float32."""


class Encoder:
    """A backend behind a cache keyed by text.

    Texts are encoded one by one: the activations of an int8 model are scaled over the whole
    batch, so a vector would depend on its neighbours.
    """

    def __init__(self, backend: Backend, cached_texts: int = CACHED_TEXTS) -> None:
        self.fingerprint = backend.fingerprint
        self.dimension = backend.dimension
        self._backend = backend
        self._cached = lru_cache(cached_texts)(backend.embed)
        self._embed: Callable[[str], np.ndarray] = self._cached
        self._kept: KeptVectors | None = None
        _alive.add(self)

    @staticmethod
    def forget_all() -> None:
        """Empties the caches of all encoders of the process: a measurement reads texts anew."""
        for encoder in _alive:
            encoder._cached.cache_clear()

    @contextmanager
    def remembering(self, folder: Path = BUILT_VECTORS) -> Iterator[None]:
        """Keeps all vectors, in a file too: a training asks for the same texts again and again.

        What one part of a training kept stays for the next part of it.

        Args:
            folder: Takes a file for each encoder.
        """
        if self._kept is None:
            file = folder / f"{self.fingerprint[:16]}.npz"
            self._kept = KeptVectors(file, self._backend.embed)
            self._embed = self._kept.embed
        yield
        self._kept.save()

    @stage("encode")
    def encode(self, texts: Sequence[str] | Iterable[str]) -> np.ndarray:
        """Encodes texts.

        Args:
            texts: Any number of texts, any length (cut to what the model reads).

        Returns:
            Unit vectors, shape (len(texts), dimension), float32.
        """
        texts = list(texts)
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if len(texts) < MANY_TEXTS:
            return np.stack([self._embed(text) for text in texts])
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return np.stack(list(pool.map(self._embed, texts)))


_alive: WeakSet[Encoder] = WeakSet()
_encoders: dict[str, Encoder] = {}
_loading = threading.Lock()


def get_encoder(model: str = DEFAULT_MODEL) -> Encoder:
    """Returns the process's encoder for `model`, loading it at the first call.

    Args:
        model: A name under `encoder/` or `build/encoder/` (our int8 exports), or the folder or
            name of any sentence-transformers model on this machine.

    Raises:
        EncoderError: If neither is there.
    """
    with _loading:
        if model not in _encoders:
            _encoders[model] = Encoder(_load_backend(model))
        return _encoders[model]


def _load_backend(model: str) -> Backend:
    for folder in (KEPT_ENCODERS / model, BUILT_ENCODERS / model):
        if (folder / "encoder.json").is_file():
            from assistant.encoder.onnx import OnnxBackend

            return OnnxBackend(folder)
    if model == DEFAULT_MODEL:
        raise EncoderError(
            f"No encoder in {KEPT_ENCODERS / model}: check it out, or `make encoder`."
        )
    if model == PACKAGED_MODEL:
        raise EncoderError(f"No encoder in {BUILT_ENCODERS / model}: run `make setup` first.")
    # Imported here: sentence-transformers takes ten seconds and half a gigabyte.
    from assistant.encoder.sentence_transformer import SentenceTransformerBackend

    return SentenceTransformerBackend(model)
