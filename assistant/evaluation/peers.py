"""Plain ways to find an entry, on the same wordings: what our own pipeline has to beat.

A peer has no dialogue: it answers with the best entry where its score reaches a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from assistant.encoder import Encoder
from assistant.evaluation.answering import AnsweringSets, Ranker, answering_rows, decide
from assistant.evaluation.shares import Share

MOST_ANSWERED = 0.05  # of the uncovered validation messages: the bar of the design
SATURATION, LENGTH_SHARE = 1.2, 0.75  # k1 and b of Robertson and Zaragoza (2009)
WORD = r"(?u)\b\w+\b"

Wordings = Sequence[tuple[str, str]]  # text, entry id


@dataclass(frozen=True)
class PeerRanked:
    """How well entries fit texts; a peer is as confident as its best score.

    Attributes:
        ids: Entries, in the order of the columns.
        scores: Higher fits better, shape (texts, entries).
    """

    ids: tuple[str, ...]
    scores: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """The best score of each text, shape (texts,)."""
        best: np.ndarray = self.scores.max(axis=1)
        return best


class Bm25:
    """Okapi BM25 on words; all wordings of an entry are one document.

    Args:
        wordings: Pairs of (text, entry id).
    """

    def __init__(self, wordings: Wordings) -> None:
        documents: dict[str, list[str]] = {}
        for text, entry in wordings:
            documents.setdefault(entry, []).append(text)
        self._ids = tuple(documents)
        self._words = CountVectorizer(token_pattern=WORD)
        counts = self._words.fit_transform([" ".join(texts) for texts in documents.values()])
        self._weights = _bm25(counts.astype(np.float64).tocsr())

    def rank(self, texts: Sequence[str]) -> PeerRanked:
        """Sums the weights of a text's words, for each entry."""
        scores = self._words.transform(texts) @ self._weights.T
        return PeerRanked(self._ids, np.asarray(scores.todense()))


def _bm25(counts: csr_matrix) -> csr_matrix:
    """Weights of the words in each document, shape (documents, words)."""
    documents, words = counts.shape
    holding = np.bincount(counts.indices, minlength=words)
    rarity = np.log1p((documents - holding + 0.5) / (holding + 0.5))
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    brake = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths / lengths.mean())
    row_of = np.repeat(np.arange(documents), np.diff(counts.indptr))
    weights = counts.data * (SATURATION + 1) / (counts.data + brake[row_of])
    return csr_matrix((weights * rarity[counts.indices], counts.indices, counts.indptr))


class NearestWording:
    """Cosine with the nearest wording of each entry.

    Args:
        encoder: Embeds texts.
        wordings: Pairs of (text, entry id).
    """

    def __init__(self, encoder: Encoder, wordings: Wordings) -> None:
        self._encoder = encoder
        ordered = sorted(wordings, key=lambda wording: wording[1])
        entries = [entry for _, entry in ordered]
        self._ids = tuple(dict.fromkeys(entries))
        self._starts = np.array([entries.index(id_) for id_ in self._ids])
        self._vectors = encoder.encode([text for text, _ in ordered])

    def rank(self, texts: Sequence[str]) -> PeerRanked:
        """Takes the highest cosine of each entry."""
        cosines = self._encoder.encode(texts) @ self._vectors.T
        return PeerRanked(self._ids, np.maximum.reduceat(cosines, self._starts, axis=1))


def choose_threshold(uncovered: np.ndarray, most: float = MOST_ANSWERED) -> float:
    """The lowest threshold at which no more of the uncovered messages than allowed are answered.

    Args:
        uncovered: Confidence in the best entry of each uncovered message.
        most: Share of them that may be answered.

    Raises:
        ValueError: If there is no uncovered message to choose on.

    >>> choose_threshold(np.array([1.0, 2.0, 3.0, 4.0]), most=0.25) > 3.0
    True
    """
    if not len(uncovered):
        raise ValueError("no uncovered message is given; a threshold is chosen on at least one")
    highest_refused = np.sort(uncovered)[::-1][int(len(uncovered) * most)]
    return float(np.nextafter(highest_refused, np.inf))


def measure_peer(
    peer: Ranker, validation: AnsweringSets, evaluation: AnsweringSets
) -> tuple[dict[str, Share], float]:
    """Chooses a peer's threshold on one split and measures it on another.

    Returns:
        The answering rows, and the threshold.
    """
    threshold = choose_threshold(peer.rank(validation.uncovered).confidence)
    questions, uncovered = (
        decide(peer.rank(texts), threshold) for texts in (evaluation.asked, evaluation.uncovered)
    )
    return answering_rows(evaluation, questions, uncovered), threshold
