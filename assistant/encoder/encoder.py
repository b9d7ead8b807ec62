"""The encoder that serves intent, retriever and red-flag screen, one in the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from assistant.paths import ENCODERS

DEFAULT_MODEL = "all-MiniLM-L6-v2"
CACHED_TEXTS = 4096


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
        self._embed = lru_cache(maxsize=cached_texts)(backend.embed)

    def encode(self, texts: Sequence[str] | Iterable[str]) -> np.ndarray:
        """Encodes texts.

        Args:
            texts: Any number of texts, any length (cut to what the model reads).

        Returns:
            Unit vectors, shape (len(texts), dimension), float32.
        """
        vectors = [self._embed(text) for text in texts]
        if not vectors:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack(vectors)


_encoders: dict[str, Encoder] = {}
_loading = threading.Lock()


def get_encoder(model: str = DEFAULT_MODEL) -> Encoder:
    """Returns the process's encoder for `model`, loading it at the first call.

    Args:
        model: A name under `build/encoder/` (our int8 export), or the folder or name of any
            sentence-transformers model on this machine.

    Raises:
        EncoderError: If neither is there.
    """
    with _loading:
        if model not in _encoders:
            _encoders[model] = Encoder(_load_backend(model))
        return _encoders[model]


def _load_backend(model: str) -> Backend:
    exported = ENCODERS / model
    if (exported / "encoder.json").is_file():
        from assistant.encoder.onnx import OnnxBackend

        return OnnxBackend(exported)
    if model == DEFAULT_MODEL:
        raise EncoderError(f"No exported encoder in {exported}: run `make encoder` first.")
    # Imported here: sentence-transformers takes ten seconds and half a gigabyte.
    from assistant.encoder.sentence_transformer import SentenceTransformerBackend

    return SentenceTransformerBackend(model)
