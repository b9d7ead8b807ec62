"""Whether each wording of the corpus, left out, still finds its own entry.

Training anew for each of some 7,000 wordings would take weeks, so the reader is trained ten times,
each time without another tenth of each entry's wordings (stratified ten-fold cross-validation).
For the nearest wording by cosine nothing is trained, so there each wording alone is left out.

Both are optimistic for what rests on meaning: the encoder was fine-tuned on these very wordings,
and thresholds are the served ones. What this shows is which entries are taken for which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from assistant.evaluation.answering import Ranker, best_entries
from assistant.evaluation.shares import Share

FOLDS = 10
SEED = 7
ROWS_AT_ONCE = 500  # of the cosines, which fill 200 MB in one piece

Wordings = Sequence[tuple[str, str]]  # text, entry id


@dataclass(frozen=True)
class Recovery:
    """Where each wording belongs and which entry it found, in the same order."""

    right: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def overall(self) -> Share:
        """The share of wordings that found their own entry."""
        return Share.among(
            right == found for right, found in zip(self.right, self.found, strict=True)
        )

    def by_entry(self) -> dict[str, Share]:
        """The same for each entry, worst first."""
        own = Counter(self.right)
        hits = Counter(
            right for right, found in zip(self.right, self.found, strict=True) if right == found
        )
        shares = {entry: Share(hits[entry], own[entry]) for entry in own}
        return dict(sorted(shares.items(), key=lambda pair: pair[1].value))

    def mistaken(self, entry: str) -> list[tuple[str, int]]:
        """The entries that its wordings found instead, most often first."""
        pairs = zip(self.right, self.found, strict=True)
        return Counter(found for right, found in pairs if right == entry != found).most_common()


def leave_folds_out(
    wordings: Wordings, train: Callable[[Wordings], Ranker], folds: int = FOLDS
) -> Recovery:
    """Trains without each fold in turn, and ranks the wordings of that fold.

    Args:
        wordings: Pairs of (text, entry id), at least `folds` an entry.
        train: Makes a ranker of the wordings that are kept.
        folds: How many parts.
    """
    right = np.array([entry for _, entry in wordings])
    found = np.empty_like(right)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=SEED)
    for kept, left in splitter.split(right, right):
        ranker = train([wordings[number] for number in kept])
        found[left] = best_entries(ranker.rank([wordings[number][0] for number in left]))
    return Recovery(tuple(right.tolist()), tuple(found.tolist()))


def leave_each_out(vectors: np.ndarray, entries: Sequence[str]) -> Recovery:
    """The entry of the wording that is nearest to each, itself excepted.

    Args:
        vectors: Unit vectors of the wordings, shape (wordings, dimension).
        entries: Of each wording.
    """
    found: list[str] = []
    for begin in range(0, len(vectors), ROWS_AT_ONCE):
        rows = vectors[begin : begin + ROWS_AT_ONCE]
        cosines = rows @ vectors.T
        own = np.arange(len(rows))
        cosines[own, begin + own] = -np.inf
        found += [entries[column] for column in cosines.argmax(axis=1)]
    return Recovery(tuple(entries), tuple(found))
