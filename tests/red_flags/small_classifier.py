"""A dozen messages that a classifier can be trained on in a blink, and a reader that knows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.red_flags.classifier import NONE
from assistant.red_flags.mention import categories

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


class SmallReader:
    """Knows a mention by one of its words."""

    classes = (*categories(), NONE)

    def shares(self, texts: Sequence[str]) -> np.ndarray:
        found = np.full((len(texts), len(self.classes)), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            words = text.lower()
            category = "cord-compression" if "numb" in words else "jaw" if "jaw" in words else NONE
            found[row, self.classes.index(category)] = 1.0
        return found / found.sum(axis=1, keepdims=True)


READER = SmallReader()
