"""The classifier: whether a text speaks of a red flag, and of which, words unseen by any rule.

Two readings of the same sentence vector say whether: a regression that also sees the letters, and
small networks. Each errs elsewhere; on validation both together miss a third fewer at equal false
alarms. That regression and one of mentions alone say of which category.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import emoji
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from assistant.encoder.text_classifier import softmax, text_features
from assistant.language.segmentation import with_blanks
from assistant.red_flags.folding import fold
from assistant.red_flags.mention import categories
from assistant.red_flags.windows import LONGEST

Floats = NDArray[np.float32]
Encode = Callable[[list[str]], Floats]

NONE = "none"
WEIGHTS_FILE, CARD_FILE = "red_flags.npz", "red_flags.json"

# Of the values tried on the validation split; more passes or n-grams of two characters cost
# minutes and gain nothing there.
EMBEDDING_WEIGHT = 2.0
INVERSE_REGULARISATION = 8.0
MOST_PASSES = 80
CATEGORY_REGULARISATION = 1.0  # inverse, too, of the regression of mentions alone
SEEDS = (1, 2, 3)  # of the networks
HIDDEN, NETWORK_PASSES, NETWORK_DECAY = 256, 10, 1e-3
SMALLEST = 1e-6  # probability, so that its logit is finite


@dataclass(frozen=True)
class Network:
    """One hidden layer of rectified units.

    Attributes:
        inner: shape (dimension, hidden); inner_bias: shape (hidden,).
        outer: shape (hidden,); outer_bias: a number.
    """

    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: float

    @classmethod
    def train(cls, vectors: Floats, mentions: NDArray[np.bool_], seed: int) -> Network:
        """Fits the network to tell mentions from all else."""
        model = MLPClassifier(
            (HIDDEN,), alpha=NETWORK_DECAY, max_iter=NETWORK_PASSES, random_state=seed
        )
        model.fit(vectors, mentions)
        (inner, outer), (inner_bias, outer_bias) = model.coefs_, model.intercepts_
        return cls(
            inner.astype(np.float32),
            inner_bias.astype(np.float32),
            outer[:, 0].astype(np.float32),
            float(outer_bias[0]),
        )

    def logits(self, vectors: Floats) -> Floats:
        """Log odds of a mention, shape (n,)."""
        hidden = np.maximum(vectors @ self.inner + self.inner_bias, 0.0)
        found: Floats = hidden @ self.outer + self.outer_bias
        return found


@dataclass(frozen=True)
class Read:
    """What the classifier makes of some texts.

    Attributes:
        categories: names of the shares' columns.
        shares: of each category among all in what a text may be about, shape (n, categories).
        regression: log odds of a mention, shape (n,).
        networks: the same by the networks, their mean, shape (n,).
    """

    categories: tuple[str, ...]
    shares: Floats
    regression: Floats
    networks: Floats


@dataclass(frozen=True)
class Regression:
    """Multinomial logistic regression.

    Attributes:
        classes: names of the weights' rows.
        weights: shape (len(classes), features); bias: shape (len(classes),).
    """

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats

    @classmethod
    def train(
        cls, features: csr_matrix, labels: NDArray[np.str_], regularisation: float
    ) -> Regression:
        """Fits it; `regularisation` is the inverse one of scikit-learn."""
        model = LogisticRegression(C=regularisation, max_iter=MOST_PASSES, tol=1e-3)
        model.fit(features, labels)
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
            weights, bias = np.vstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
        return cls(
            tuple(model.classes_.tolist()), weights.astype(np.float32), bias.astype(np.float32)
        )

    def shares(self, features: csr_matrix) -> Floats:
        """Probability of each class, shape (n, len(classes))."""
        return softmax(features @ self.weights.T + self.bias)


class RedFlagClassifier:
    """Regressions beside networks.

    Args:
        regression: over all categories and "none".
        category: over categories, of mentions alone.
        networks: at least one.
        encode: list of texts -> unit vectors, shape (n, dimension), float32.
    """

    def __init__(
        self,
        regression: Regression,
        category: Regression,
        networks: Sequence[Network],
        encode: Encode,
    ) -> None:
        self._regression, self._category = regression, category
        self._networks = tuple(networks)
        self._encode = encode
        self._none = regression.classes.index(NONE)

    @classmethod
    def train(cls, messages: Sequence[tuple[str, str]], encode: Encode) -> RedFlagClassifier:
        """Fits all readings.

        Args:
            messages: pairs of text and label, a category or "none".
            encode: list of texts -> unit vectors.

        Raises:
            ValueError: a label is neither a category nor "none".
        """
        wrong = sorted({label for _, label in messages} - {*categories(), NONE})
        if wrong:
            raise ValueError(f"labels {wrong}; allowed are {sorted({*categories(), NONE})}")
        labels = np.array([label for _, label in messages])
        vectors, features = _features([text for text, _ in messages], encode)
        mentions = labels != NONE
        return cls(
            Regression.train(features, labels, INVERSE_REGULARISATION),
            Regression.train(features[mentions], labels[mentions], CATEGORY_REGULARISATION),
            [Network.train(vectors, mentions, seed) for seed in SEEDS],
            encode,
        )

    def read(self, texts: Sequence[str]) -> Read:
        """Reads texts, each by itself; one with emoji with and without them, as it says more."""
        bare = [emoji.replace_emoji(text, " ") for text in texts]
        again = [n for n, text in enumerate(bare) if text != texts[n] and text.strip()]
        read = self._read([*texts, *(bare[n] for n in again)])
        if not again:
            return read
        own, other = np.arange(len(texts)), np.arange(len(texts))
        other[again] = len(texts) + np.arange(len(again))
        return Read(
            read.categories,
            (read.shares[own] + read.shares[other]) / 2,
            np.maximum(read.regression[own], read.regression[other]),
            np.maximum(read.networks[own], read.networks[other]),
        )

    def _read(self, texts: Sequence[str]) -> Read:
        vectors, features = _features(texts, self._encode)
        shares = self._regression.shares(features)
        mention = np.clip(1.0 - shares[:, self._none], SMALLEST, 1 - SMALLEST)
        among = np.delete(shares, self._none, axis=1) + SMALLEST
        among = np.sqrt(among * (self._category.shares(features) + SMALLEST))
        return Read(
            self._category.classes,
            among / among.sum(axis=1, keepdims=True),
            np.log(mention / (1 - mention)),
            np.mean([network.logits(vectors) for network in self._networks], axis=0),
        )

    def save(self, folder: Path) -> None:
        """Writes weights and classes; no pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[Any]] = {
            f"{part}_{number}": np.asarray(getattr(network, part), dtype=np.float16)
            for number, network in enumerate(self._networks)
            for part in Network.__annotations__
        }
        for name, regression in (("", self._regression), ("category_", self._category)):
            arrays[f"{name}weights"] = regression.weights.astype(np.float16)
            arrays[f"{name}bias"] = regression.bias
        np.savez_compressed(folder / WEIGHTS_FILE, **arrays)
        card = {"classes": self._regression.classes, "networks": len(self._networks)}
        (folder / CARD_FILE).write_text(json.dumps(card, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encode: Encode) -> RedFlagClassifier:
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
            kept = {name: arrays[name].astype(np.float32) for name in arrays.files}
        networks = [
            Network(
                kept[f"inner_{number}"],
                kept[f"inner_bias_{number}"],
                kept[f"outer_{number}"],
                float(kept[f"outer_bias_{number}"]),
            )
            for number in range(card["networks"])
        ]
        classes = tuple(card["classes"])
        named = tuple(name for name in classes if name != NONE)
        return cls(
            Regression(classes, kept["weights"], kept["bias"]),
            Regression(named, kept["category_weights"], kept["category_bias"]),
            networks,
            encode,
        )


def _features(texts: Sequence[str], encode: Encode) -> tuple[Floats, csr_matrix]:
    folded = [with_blanks(fold(text[:LONGEST]).text) for text in texts]
    vectors = encode(folded)
    return vectors, text_features(vectors, folded, EMBEDDING_WEIGHT)
