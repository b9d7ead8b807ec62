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

    def embed(self, text: str) -> np.ndarray:
        """Returns the unit vector of `text`, shape (dimension,), float32."""
        tokens = self._tokenizer.encode(text)
        feed = {
            "input_ids": np.array([tokens.ids], dtype=np.int64),
            "attention_mask": np.array([tokens.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([tokens.type_ids], dtype=np.int64),
        }
        states = self._session.run(
            None, {name: value for name, value in feed.items() if name in self._inputs}
        )[0][0]
        vector = states.mean(axis=0)
        unit: np.ndarray = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit
