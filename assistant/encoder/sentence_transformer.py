"""Serves any sentence-transformers model that a hospital has, on torch."""

from __future__ import annotations

import hashlib
import json

import numpy as np


class SentenceTransformerBackend:
    """A sentence-transformers model by name or folder; nothing is downloaded.

    Args:
        model: Folder, or a name that is in the local cache.

    Raises:
        EncoderError: If it is not on this machine.
    """

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        from assistant.encoder.encoder import EncoderError

        try:
            self._model = SentenceTransformer(model, device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise EncoderError(
                f"No encoder {model!r}: give the folder of a sentence-transformers model, "
                f"or leave the default out of config.yml ({error})"
            ) from error
        dimension = self._model.get_sentence_embedding_dimension()
        if dimension is None:
            raise EncoderError(f"The encoder {model!r} has no fixed dimension.")
        self.dimension: int = dimension
        probe = self._model.encode(["bone metastases"], normalize_embeddings=True)
        self.fingerprint = hashlib.sha256(
            json.dumps([model, np.round(probe, 4).tolist()]).encode()
        ).hexdigest()

    def embed(self, text: str) -> np.ndarray:
        """Returns the unit vector of `text`, shape (dimension,), float32."""
        vectors = self._model.encode([text], normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors[0], dtype=np.float32)
