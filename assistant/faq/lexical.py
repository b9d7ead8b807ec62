"""How alike a message is to each entry in its letters and words, beside its meaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix, load_npz, save_npz
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

from assistant.faq.nearest import nearest_by_owner
from assistant.language.spelling import Speller

TERMS = Path(__file__).with_name("terms.yml")
NEAREST = 2
SATURATION, LENGTH_SHARE = 1.2, 0.75  # BM25's k1 and b as its authors give them

_LETTERS = HashingVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), n_features=2**16, alternate_sign=False, norm=None
)
_WORDS = HashingVectorizer(
    tokenizer=str.split, token_pattern=None, n_features=2**16, alternate_sign=False, norm=None
)
_SIGNS = re.compile(r"[^\w]+")


class LexicalIndex:
    """Character n-grams against the wordings, words (BM25) against wordings and answer.

    Args:
        ids: Entry ids, in the order of the columns.
        owners: For each wording the position of its entry in `ids`, ascending.
        by_letters: Weights by n-gram of the wordings, each wording's of length one, shape
            (n-grams, wordings): a message looks up only those that it holds.
        by_words: BM25 weights by word of the entries, shape (words, entries).
        rarity: Inverse document frequencies: of n-grams and of words.
        vocabulary: Words of the corpus, towards which slips are corrected.
    """

    def __init__(
        self,
        ids: Sequence[str],
        owners: np.ndarray,
        by_letters: csr_matrix,
        by_words: csr_matrix,
        rarity: tuple[np.ndarray, np.ndarray],
        vocabulary: Sequence[str],
    ) -> None:
        self.ids = tuple(ids)
        self._owners = owners
        self._by_letters, self._by_words = by_letters, by_words
        self._letter_rarity, self._word_rarity = rarity
        self._vocabulary = tuple(vocabulary)
        self._speller = Speller(self._vocabulary, ())

    @classmethod
    def build(cls, wordings: Sequence[tuple[str, str]], answers: Mapping[str, str]) -> LexicalIndex:
        """Indexes wordings, pairs of (text, entry id), and the answers by entry id."""
        ids = sorted({entry_id for _, entry_id in wordings})
        ordered = sorted(wordings, key=lambda pair: pair[1])
        owners = np.searchsorted(ids, [entry_id for _, entry_id in ordered])
        counts = _LETTERS.transform([_plain(text) for text, _ in ordered])
        letter_rarity = _rarity(counts)
        letters = normalize(counts.multiply(letter_rarity).tocsr()).astype(np.float32)
        texts = {id_: [answers.get(id_, "")] for id_ in ids}
        for text, id_ in ordered:
            texts[id_].append(text)
        documents = _WORDS.transform([unify(" ".join(texts[id_])) for id_ in ids])
        word_rarity = _rarity(documents)
        vocabulary = sorted(
            {word for own in texts.values() for word in unify(" ".join(own)).split()}
        )
        return cls(
            ids,
            owners,
            letters.T.tocsr(),
            _bm25(documents, word_rarity).T.tocsr(),
            (letter_rarity, word_rarity),
            vocabulary,
        )

    def similarities(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Returns how alike texts and entries are, by letters and by words.

        Returns:
            The mean cosine of the nearest wordings' n-grams, 0 to 1, and BM25 as a share of
            the text's own rarity, 0 to about 2; each of shape (len(texts), entries).
        """
        grams = _LETTERS.transform([_plain(text) for text in texts])
        grams.data *= self._letter_rarity[grams.indices]
        letters = np.empty((len(texts), len(self.ids)))
        for number, cosines in enumerate(_products(normalize(grams, copy=False), self._by_letters)):
            letters[number] = nearest_by_owner(cosines, self._owners, len(self.ids), NEAREST)
        words = _WORDS.transform([unify(text, self._speller) for text in texts])
        words.data[:] = 1.0
        weights = words @ self._word_rarity + 1e-6
        shares = np.empty((len(texts), len(self.ids)))
        for number, products in enumerate(_products(words, self._by_words)):
            shares[number] = products / weights[number]
        return letters, shares

    def save(self, folder: Path) -> None:
        """Writes the index into an existing folder."""
        save_npz(folder / "letters.npz", self._by_letters.T.tocsr())
        save_npz(folder / "words.npz", self._by_words.T.tocsr())
        np.savez_compressed(
            folder / "lexical.npz",
            ids=np.array(self.ids),
            owners=self._owners,
            letter_rarity=self._letter_rarity,
            word_rarity=self._word_rarity,
            vocabulary=np.array(self._vocabulary),
        )

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Reads what `save` wrote."""
        with np.load(folder / "lexical.npz") as arrays:
            return cls(
                arrays["ids"].tolist(),
                arrays["owners"],
                load_npz(folder / "letters.npz").T.tocsr(),
                load_npz(folder / "words.npz").T.tocsr(),
                (arrays["letter_rarity"], arrays["word_rarity"]),
                arrays["vocabulary"].tolist(),
            )


def unify(text: str, speller: Speller | None = None) -> str:
    """Plain words, each thing under its one name, slips corrected.

    >>> unify("Is my Xgeva jab a RANKL inhibitor?")
    'is my denosumab jab a denosumab'
    """
    words = _plain(text).split()
    if speller is not None:
        words = [(speller.correct(word) or (word,))[0] for word in words]
    pattern, names = _terms()
    return pattern.sub(lambda match: names[match.group()], " ".join(words))


@lru_cache(maxsize=1)
def _terms() -> tuple[re.Pattern[str], dict[str, str]]:
    groups: list[list[str]] = yaml.safe_load(TERMS.read_text(encoding="utf-8"))
    names = {str(other): str(group[0]) for group in groups for other in group}
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), names


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold().replace("'", "").replace("’", "")
    return _SIGNS.sub(" ", "".join(c for c in letters if not unicodedata.combining(c))).strip()


def _products(texts: csr_matrix, by_feature: csr_matrix) -> Iterator[np.ndarray]:
    """The rows of `texts @ by_feature`, each of shape (1, columns).

    scipy's own product copies the whole of `by_feature` for each message where the precision is
    another one, and builds a sparse matrix that is nearly full.
    """
    for first, end in pairwise(texts.indptr):
        rows = by_feature[texts.indices[first:end]]
        yield (rows.T @ texts.data[first:end])[np.newaxis]


def _rarity(counts: csr_matrix) -> np.ndarray:
    """Inverse document frequency as BM25 has it, never negative."""
    present = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: np.ndarray = np.log1p((counts.shape[0] - present + 0.5) / (present + 0.5))
    return rarity.astype(np.float32)


def _bm25(counts: csr_matrix, rarity: np.ndarray) -> csr_matrix:
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    norm = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths / lengths.mean())
    weights = counts.tocoo()
    values = weights.data * (SATURATION + 1) / (weights.data + norm[weights.row])
    values = values * rarity[weights.col]
    shape = counts.shape
    return csr_matrix((values.astype(np.float32), (weights.row, weights.col)), shape=shape)
