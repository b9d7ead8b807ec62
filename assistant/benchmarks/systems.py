"""What is measured: the product's question reader, and plain methods whose figures are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.benchmarks.data import Bank
from assistant.encoder import Encoder, get_encoder
from assistant.evaluation.answering import Ranker
from assistant.evaluation.peers import Bm25, NearestWording, PeerRanked
from assistant.faq.evidence import FAQ
from assistant.faq.reader import QuestionReader

# Of the published logistic regression: this value gives its row.
INVERSE_REGULARISATION = 10.0


@dataclass(frozen=True)
class System:
    """A way of finding entries.

    Attributes:
        name: In the table.
        train: Learns a bank.
        rerun_of: Name of the published row that it must come out at, if any.
    """

    name: str
    train: Callable[[Bank], Ranker]
    rerun_of: str | None = None


def reader(name: str, model: str) -> System:
    """The product's pipeline, unchanged, on one of its encoders; nothing is validated on.

    Args:
        name: In the table.
        model: As `get_encoder` takes it.
    """

    def train(bank: Bank) -> Ranker:
        examples = [(text, f"{FAQ}/{entry}") for text, entry in bank.wordings]
        return QuestionReader.train(
            get_encoder(model), examples, validation=(), answers=bank.answers
        )

    return System(name, train)


def bm25(name: str, rerun_of: str | None = None) -> System:
    """BM25 on the wordings."""
    return System(name, lambda bank: Bm25(bank.wordings), rerun_of)


def nearest_wording(name: str, model: str, rerun_of: str | None = None) -> System:
    """Cosine with the nearest wording."""
    return System(name, lambda bank: NearestWording(get_encoder(model), bank.wordings), rerun_of)


def logistic_regression(name: str, model: str, rerun_of: str | None = None) -> System:
    """Logistic regression on the embeddings alone."""
    return System(
        name, lambda bank: EmbeddingRegression(get_encoder(model), bank.wordings), rerun_of
    )


class EmbeddingRegression:
    """Logistic regression on sentence embeddings; as confident as its best probability.

    Args:
        encoder: Embeds texts.
        wordings: Pairs of (text, entry id), of at least two entries.
    """

    def __init__(self, encoder: Encoder, wordings: Sequence[tuple[str, str]]) -> None:
        texts, entries = zip(*wordings, strict=True)
        self._encoder = encoder
        self._model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000)
        self._model.fit(encoder.encode(texts), entries)

    def rank(self, texts: Sequence[str]) -> PeerRanked:
        """Returns the probability of each entry."""
        probabilities: np.ndarray = self._model.predict_proba(self._encoder.encode(texts))
        return PeerRanked(tuple(self._model.classes_), probabilities)
