"""A linear classifier over sentence embeddings, kept without pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from assistant.encoder.encoder import Encoder

INVERSE_REGULARISATION = 10.0
MOST_PASSES = 300

_NGRAMS = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), n_features=2**14, alternate_sign=False, norm="l2"
)


class TextClassifier:
    """Multinomial logistic regression; classes are weighed equally whatever their size.

    Args:
        encoder: Gives the embeddings.
        classes: Names of the classes, in the order of the weights' rows.
        weights: Shape (len(classes), features), float32.
        bias: Shape (len(classes),), float32.
    """

    def __init__(
        self, encoder: Encoder, classes: Sequence[str], weights: np.ndarray, bias: np.ndarray
    ) -> None:
        self.classes = tuple(classes)
        self._encoder = encoder
        self._weights = weights
        self._bias = bias

    @classmethod
    def train(cls, encoder: Encoder, texts: Sequence[str], labels: Sequence[str]) -> TextClassifier:
        """Fits the classifier on labelled texts (at least two classes)."""
        model = LogisticRegression(
            C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=MOST_PASSES, tol=1e-3
        )
        model.fit(encoder.encode(texts), labels)
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
            weights, bias = np.vstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
        return cls(
            encoder, model.classes_.tolist(), weights.astype(np.float32), bias.astype(np.float32)
        )

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the probability of each class, shape (len(texts), len(classes))."""
        return softmax(self._encoder.encode(texts) @ self._weights.T + self._bias)

    def save(self, folder: Path) -> None:
        """Writes weights and classes into an existing folder."""
        np.savez_compressed(folder / "classifier.npz", weights=self._weights, bias=self._bias)
        card = {"classes": self.classes, "encoder": self._encoder.fingerprint}
        (folder / "classifier.json").write_text(json.dumps(card), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> TextClassifier:
        """Reads what `save` wrote.

        Raises:
            ValueError: If it was trained on another encoder.
        """
        card = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
        if card["encoder"] != encoder.fingerprint:
            raise ValueError(
                f"{folder} was trained on encoder {card['encoder'][:12]}, this process has "
                f"{encoder.fingerprint[:12]}: train again"
            )
        with np.load(folder / "classifier.npz") as arrays:
            return cls(encoder, card["classes"], arrays["weights"], arrays["bias"])


def text_features(vectors: np.ndarray, texts: Sequence[str], weight: float) -> csr_matrix:
    """Sentence embeddings beside hashed character n-grams.

    Args:
        vectors: Unit vectors of the texts, shape (len(texts), dimension).
        texts: The texts.
        weight: Of the embedding beside the n-grams, whose rows have unit length too.

    Returns:
        Shape (len(texts), dimension + 2**14).
    """
    return hstack([csr_matrix(vectors * weight), _NGRAMS.transform(texts)], format="csr")


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns probabilities that sum to one in each row."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: np.ndarray = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities
