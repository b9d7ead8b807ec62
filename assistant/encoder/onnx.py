"""Serves an exported sentence-transformers model with ONNX Runtime, without torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


class OnnxBackend:
    """An int8 transformer with mean pooling.

    Args:
        folder: As `assistant.encoder.export` writes it: `model.onnx`, `tokenizer.json` and
            `encoder.json` (dimension, longest input in tokens, sha256 of the model).
        unit: Whether vectors are scaled to length 1.
    """

    def __init__(self, folder: Path, unit: bool = True) -> None:
        card = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        self.fingerprint: str = card["sha256"]
        self.dimension: int = card["dimension"]
        self._unit = unit
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

    def embed(self, text: str) -> np.ndarray:
        """Returns the vector of `text`, shape (dimension,), float32."""
        tokens = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        feed = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states = self._session.run(
            None, {name: value for name, value in feed.items() if name in self._inputs}
        )[0][0]
        vector = states.mean(axis=0)
        if self._unit:
            vector /= np.linalg.norm(vector)
        found: np.ndarray = vector.astype(np.float32)
        return found
