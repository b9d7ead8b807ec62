"""Which texts are the same, or nearly: in their words, their letters, their meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.feature_extraction.text import TfidfVectorizer

SAME_LETTERS = 0.85  # cosine of character 3- to 5-grams, weighted by rarity
SAME_MEANING = 0.95  # the encoder's cosine
CHUNK = 256  # texts compared at once with all others: bounds the memory

Encode = Callable[[Sequence[str]], np.ndarray]
Pairs = dict[tuple[int, int], float]

_APOSTROPHES = re.compile("['’`]")
_SIGNS = re.compile(r"[^\w]+")


def bare(text: str) -> str:
    """A text without case and punctuation; one that has nothing else keeps it.

    >>> bare("Can't I exercise??"), bare(":-)")
    ('cant i exercise', ':-)')
    """
    folded = text.casefold().strip()
    return _SIGNS.sub(" ", _APOSTROPHES.sub("", folded)).strip() or folded


def same_words(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Returns the pairs of positions, the lower first, whose bare texts are equal."""
    places: dict[str, list[int]] = {}
    for position, text in enumerate(texts):
        places.setdefault(bare(text), []).append(position)
    return [pair for same in places.values() for pair in combinations(same, 2)]


def alike_in_letters(texts: Sequence[str], least: float = SAME_LETTERS) -> Pairs:
    """Finds texts of nearly the same letters.

    Args:
        texts: Each once; a rare n-gram counts for more, so the set as a whole matters.
        least: The lowest cosine to be found.

    Returns:
        The cosine of each pair of positions, the lower first.
    """
    if not texts:
        return {}
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), dtype=np.float32)
    return dict(_alike(grams.fit_transform([f" {bare(text)} " for text in texts]), least))


def alike_in_meaning(texts: Sequence[str], encode: Encode, least: float = SAME_MEANING) -> Pairs:
    """Finds texts that the encoder takes for nearly the same.

    Args:
        texts: Each once.
        encode: Texts to unit vectors, shape (len(texts), dimension).
        least: The lowest cosine to be found.

    Returns:
        The cosine of each pair of positions, the lower first.
    """
    return dict(_alike(encode(texts), least)) if texts else {}


def _alike(rows: csr_matrix | np.ndarray, least: float) -> Iterator[tuple[tuple[int, int], float]]:
    """Compares unit rows, shape (texts, features), each with those behind it."""
    for start in range(0, rows.shape[0], CHUNK):
        cosines = rows[start : start + CHUNK] @ rows[start:].T
        dense = cosines.toarray() if issparse(cosines) else cosines
        for first, second in np.argwhere(np.triu(dense, k=1) >= least).tolist():
            yield (start + first, start + second), float(dense[first, second])
