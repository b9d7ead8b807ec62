"""A dozen messages that a classifier can be trained on in a blink."""

from __future__ import annotations

import numpy as np

MESSAGES = [
    ("my legs are numb", "cord-compression"),
    ("numb feet and numb legs", "cord-compression"),
    ("legs have gone numb", "cord-compression"),
    ("my jaw is swollen", "jaw"),
    ("swollen jaw and sore gum", "jaw"),
    ("the jaw is sore and swollen", "jaw"),
    ("what is a bone scan", "none"),
    ("thank you", "none"),
    ("where do I park", "none"),
    ("what is denosumab", "none"),
    ("good morning", "none"),
    ("how common is it", "none"),
]


def encode(texts: list[str]) -> np.ndarray:
    """A stand-in for the encoder: constant unit vectors."""
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    vectors[:, 0] = 1.0
    return vectors
