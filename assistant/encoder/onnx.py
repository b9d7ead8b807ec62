"""Serves an exported sentence-transformers model with ONNX Runtime, without torch."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

CACHED_TEXTS = 30_000  # all that training reads, so that its two readers share the work; 45 MB


class OnnxBackend:
    """An int8 transformer with mean pooling.

    Args:
        folder: As `assistant.encoder.export` writes it: `model.onnx`, `tokenizer.json` and
            `encoder.json` (dimension, longest input in tokens, sha256 of the model).
    """

    def __init__(self, folder: Path) -> None:
        card = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        self.fingerprint: str = card["sha256"]
        self.dimension: int = card["dimension"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length=card["max_tokens"])
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        # One thread a call: turns run side by side on few cores.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {node.name for node in self._session.get_inputs()}
        # Answering reads a text as it was typed, the screen folded: mostly the same tokens.
        self._embed = lru_cache(maxsize=CACHED_TEXTS)(self._embed_tokens)

    def embed(self, text: str) -> np.ndarray:
        """Returns the unit vector of `text`, shape (dimension,), float32."""
        return self._embed(tuple(self._tokenizer.encode(text).ids))

    def _embed_tokens(self, ids: tuple[int, ...]) -> np.ndarray:
        tokens = np.array([ids], dtype=np.int64)
        feed = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states = self._session.run(
            None, {name: value for name, value in feed.items() if name in self._inputs}
        )[0][0]
        vector = states.mean(axis=0)
        unit: np.ndarray = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit
