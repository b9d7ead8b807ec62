"""Vectors of training messages in a file, so that a training encodes only what is new.

Encoding is three quarters of a training's time, and an editor who changes one answer changes few
messages. Only trainings open it: it never sees what a patient wrote.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

Embed = Callable[[str], np.ndarray]


class KeptVectors:
    """What an encoder made of texts, in this training and the last.

    Args:
        file: Of one encoder; made where it is missing, and made anew where it cannot be read.
        embed: Text to vector, for what is not there.
    """

    def __init__(self, file: Path, embed: Embed) -> None:
        self._file = file
        self._make = embed
        self._before = _read(file)
        self._used: dict[bytes, np.ndarray] = {}

    def embed(self, text: str) -> np.ndarray:
        """The vector of a text, as `embed` makes it."""
        key = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
        found = self._used.get(key)
        if found is None:
            found = self._before.get(key)
            self._used[key] = found = self._make(text) if found is None else found
        return found

    def save(self) -> None:
        """Keeps what was asked for since it was opened, and nothing else."""
        if not self._used:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        keys = np.frombuffer(b"".join(self._used), dtype=np.uint8).reshape(-1, 16)
        with scratch.open("wb") as output:
            np.savez(output, keys=keys, vectors=np.stack(list(self._used.values())))
        scratch.replace(self._file)


def _read(file: Path) -> dict[bytes, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            keys, vectors = arrays["keys"], arrays["vectors"]
            return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}  # nothing is lost: it is only slower
