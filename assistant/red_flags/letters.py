"""A reading by letters alone: logistic regression on pieces of words, new messages at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

WEIGHTS_FILE = "red_flag_letters.npz"
INVERSE_REGULARISATION = 8.0
MOST_PASSES = 60

_NGRAMS = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), n_features=2**16, alternate_sign=False, norm="l2"
)


class Letters:
    """Tells mentions from all else.

    Args:
        weights: shape (2**16,), float32.
        bias: a number.
    """

    def __init__(self, weights: NDArray[np.float32], bias: float) -> None:
        self._weights, self._bias = weights, bias

    @classmethod
    def train(cls, texts: Sequence[str], mentions: Sequence[bool]) -> Letters:
        """Fits it on folded texts."""
        model = LogisticRegression(
            C=INVERSE_REGULARISATION, max_iter=MOST_PASSES, tol=1e-3, solver="liblinear"
        )
        model.fit(_NGRAMS.transform(texts), np.array(mentions))
        return cls(model.coef_[0].astype(np.float32), float(model.intercept_[0]))

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Log odds of a mention in each folded text, shape (n,)."""
        found: NDArray[np.float32] = (
            np.asarray(_NGRAMS.transform(texts) @ self._weights, dtype=np.float32) + self._bias
        )
        return found

    def save(self, folder: Path) -> None:
        """Writes the weights into an existing folder; no pickle."""
        np.savez_compressed(
            folder / WEIGHTS_FILE, weights=self._weights.astype(np.float16), bias=self._bias
        )

    @classmethod
    def load(cls, folder: Path) -> Letters:
        """Reads what `save` wrote.

        Raises:
            FileNotFoundError: nothing was saved there.
        """
        with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as arrays:
            return cls(arrays["weights"].astype(np.float32), float(arrays["bias"]))
