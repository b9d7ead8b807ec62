"""The red-flag reader as it is kept in the repository: an int8 transformer with its last layer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.encoder.encoder import Encoder, EncoderError
from assistant.encoder.onnx import OnnxBackend
from assistant.encoder.text_classifier import softmax
from assistant.paths import KEPT_ENCODERS

MODEL = "bone-metastases-red-flags"
HEAD_FILE = "head.npz"


class RedFlagReader:
    """A transformer with mean pooling and one linear layer over categories and "none".

    Args:
        folder: as `make red-flag-reader` writes it.

    Raises:
        EncoderError: nothing is kept there.
    """

    def __init__(self, folder: Path = KEPT_ENCODERS / MODEL) -> None:
        if not (folder / HEAD_FILE).is_file():
            raise EncoderError(
                f"No red-flag reader in {folder}: check it out, or `make red-flag-reader`."
            )
        self._encoder = Encoder(OnnxBackend(folder, unit=False))
        self.fingerprint = self._encoder.fingerprint
        self.classes = tuple(json.loads((folder / "encoder.json").read_text("utf-8"))["classes"])
        with np.load(folder / HEAD_FILE, allow_pickle=False) as arrays:
            self._columns = np.ascontiguousarray(arrays["weight"].T.astype(np.float32))
            self._bias = arrays["bias"].astype(np.float32)

    def remembering(self) -> AbstractContextManager[None]:
        """See `Encoder.remembering`."""
        return self._encoder.remembering()

    def shares(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probability of each class, shape (len(texts), len(classes))."""
        found: NDArray[np.float32] = softmax(
            self._encoder.encode(texts) @ self._columns + self._bias
        )
        return found


@lru_cache(maxsize=1)
def kept_reader() -> RedFlagReader:
    """The process's one reader, loaded at the first call."""
    return RedFlagReader()
