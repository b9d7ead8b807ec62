"""The learned layer: which red flag a message or clause speaks of, words unseen by any rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from assistant.encoder.text_classifier import softmax, text_features
from assistant.red_flags.folding import fold
from assistant.red_flags.judgement import Judgement, Scored
from assistant.red_flags.mention import categories
from assistant.red_flags.threshold import DEFAULT_THRESHOLDS, Thresholds

Encode = Callable[[list[str]], NDArray[np.float32]]

NONE = "none"
WEIGHTS_FILE, CARD_FILE = "red_flags.npz", "red_flags.json"

# Of the values tried on the validation split; more passes or n-grams of two characters cost
# minutes and gain nothing there.
EMBEDDING_WEIGHT = 2.0
INVERSE_REGULARISATION = 8.0
MOST_PASSES = 80
AS_SURE = 0.8  # of the surest span
# One short text took 2.7 ms to encode on a shared core; 3,000 characters 37 to 62 ms in all.
MOST_SPANS = 24
SHORTEST_SPAN = 12  # characters; shorter clauses are read with their neighbour
LONGEST_SPAN = 700  # characters; the encoder reads no further


class ClauseClassifier:
    """Multinomial logistic regression on sentence embedding and character n-grams.

    Args:
        classes: names of the weights' rows.
        weights: shape (len(classes), features), float32.
        bias: shape (len(classes),), float32.
        encode: list of texts -> unit vectors, shape (n, dimension), float32.
        thresholds: when it fires, and when it refuses a weak rule.
    """

    def __init__(
        self,
        classes: Sequence[str],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        encode: Encode,
        thresholds: Thresholds = DEFAULT_THRESHOLDS,
    ) -> None:
        self.classes = tuple(classes)
        self.thresholds = thresholds
        self._weights, self._bias = weights, bias
        self._encode = encode
        self._none = self.classes.index(NONE)

    @classmethod
    def train(cls, messages: Sequence[tuple[str, str]], encode: Encode) -> ClauseClassifier:
        """Fits the classifier.

        Args:
            messages: pairs of text and label, a category or "none".
            encode: list of texts -> unit vectors.

        Raises:
            ValueError: a label is neither a category nor "none".
        """
        allowed = {*categories(), NONE}
        wrong = sorted({label for _, label in messages} - allowed)
        if wrong:
            raise ValueError(f"labels {wrong}; allowed are {sorted(allowed)}")
        texts = [text for text, _ in messages]
        labels = [label for _, label in messages]
        model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=MOST_PASSES, tol=1e-3)
        model.fit(_features(texts, encode), labels)
        return cls(
            model.classes_.tolist(),
            model.coef_.astype(np.float32),
            model.intercept_.astype(np.float32),
            encode,
        )

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The probability of each class, shape (len(texts), len(classes))."""
        return softmax(_features(texts, self._encode) @ self._weights.T + self._bias)

    def score(self, text: str, spans: Sequence[tuple[int, int]]) -> Judgement:
        """Reads the whole message and each clause; the highest score of any counts.

        Args:
            text: the original message.
            spans: its clauses in the original text.
        """
        read, complete = _windows(text, spans)
        if not read:
            return Judgement((), 0.0, False, complete)
        shares = self.probabilities([text[start:end] for start, end in read])
        flagged = 1.0 - shares[:, self._none]
        shares = shares.copy()
        shares[:, self._none] = 0.0
        found: dict[str, list[Scored]] = {}
        for row in np.flatnonzero(flagged >= self.thresholds.fire):
            category = self.classes[int(shares[row].argmax())]
            found.setdefault(category, []).append(Scored(category, float(flagged[row]), *read[row]))
        scored = tuple(span for category in found.values() for span in _surest(category))
        highest = float(flagged.max())
        refuses = complete and highest < self.thresholds.refuse
        return Judgement(scored, highest, refuses, complete)

    def save(self, folder: Path) -> None:
        """Writes weights, classes and thresholds; no pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            folder / WEIGHTS_FILE, weights=self._weights.astype(np.float16), bias=self._bias
        )
        card = {"classes": self.classes, "thresholds": asdict(self.thresholds)}
        (folder / CARD_FILE).write_text(json.dumps(card, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encode: Encode) -> ClauseClassifier:
        """Reads what `save` wrote.

        Raises:
            FileNotFoundError: nothing was saved there.
            ValueError: the classes are not those of categories.yml.
        """
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        unknown = set(card["classes"]) - {*categories(), NONE}
        if unknown:
            raise ValueError(f"{folder / CARD_FILE}: unknown classes {sorted(unknown)}")
        with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as arrays:
            return cls(
                card["classes"],
                arrays["weights"].astype(np.float32),
                arrays["bias"],
                encode,
                Thresholds(**card["thresholds"]),
            )


def _surest(spans: Sequence[Scored]) -> list[Scored]:
    """The spans of a category that are about as sure as the surest; clauses before the whole.

    All of them count: one clause may tell of last year, the next one of today.
    """
    surest = max(span.score for span in spans)
    near = [replace(span, score=surest) for span in spans if span.score >= surest * AS_SURE]
    # The whole message comes first: a clause that is as sure says where in it the mention stands.
    return near[1:] if len(near) > 1 and near[0].start == 0 else near


def _features(texts: Sequence[str], encode: Encode) -> csr_matrix:
    folded = [fold(text[:LONGEST_SPAN]).text for text in texts]
    return text_features(encode(folded), folded, EMBEDDING_WEIGHT)


def _windows(text: str, spans: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    """The whole message, then its clauses, short ones joined; and whether that is all of it."""
    if not text.strip():
        return [], True
    windows: list[tuple[int, int]] = []
    start = -1
    for first, last in spans:
        if start >= 0 and last - first >= SHORTEST_SPAN:
            # Read with the short one before it, and alone: "no blood" must not colour what follows.
            windows.append((first, last))
        start = first if start < 0 else start
        if last - start >= SHORTEST_SPAN:
            windows.append((start, last))
            start = -1
    if start >= 0:
        windows.append((windows[-1][0] if windows else start, spans[-1][1]))
    if len(windows) <= 1:
        return [(0, len(text))], len(text) <= LONGEST_SPAN
    complete = len(windows) <= MOST_SPANS
    kept = windows if complete else windows[: MOST_SPANS // 2] + windows[-(MOST_SPANS // 2) :]
    complete = complete and all(last - first <= LONGEST_SPAN for first, last in kept)
    return list(dict.fromkeys([(0, len(text)), *kept])), complete
