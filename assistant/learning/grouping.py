"""Messages of the queue to groups that ask the same, each with the entry that is nearest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sklearn.cluster import AgglomerativeClustering

from assistant.faq.corpus import Entry
from assistant.learning.queue import Waiting

Encode = Callable[[Sequence[str]], np.ndarray]

# On the validation questions (573 of 72 entries) 58% of the pairs that are put together share their
# entry, and the other pairs mostly have neighbouring ones; without centring it is 21%.
FARTHEST = 0.55


@dataclass(frozen=True)
class Nearest:
    """An entry near a group.

    Attributes:
        id: The entry's.
        score: Cosine of its nearest wording and the group's mean, centred, up to 1.
    """

    id: str
    score: float


@dataclass(frozen=True)
class Group:
    """Messages that ask the same.

    Attributes:
        messages: Oldest first.
        nearest: Entries, nearest first.
    """

    messages: tuple[Waiting, ...]
    nearest: tuple[Nearest, ...]

    @property
    def id(self) -> int:
        """The oldest message's id: it stays while others join."""
        return self.messages[0].id

    @property
    def times(self) -> int:
        """How often its messages were asked."""
        return sum(message.times for message in self.messages)

    @property
    def reasons(self) -> dict[str, int]:
        """How many messages were queued for which reason, the commonest first."""
        return dict(Counter(message.reason for message in self.messages).most_common())

    @property
    def first_at(self) -> datetime:
        """When it was asked first, UTC."""
        return min(message.first_at for message in self.messages)

    @property
    def last_at(self) -> datetime:
        """When it was asked last, UTC."""
        return max(message.at for message in self.messages)


def groups_of(
    messages: Sequence[Waiting],
    entries: Sequence[Entry],
    encode: Encode,
    farthest: float = FARTHEST,
) -> list[Group]:
    """Groups messages by meaning; those that were asked most come first.

    Args:
        messages: Oldest first.
        entries: Of the corpus, at least one.
        encode: Texts to their unit vectors, shape (texts, dimension).
        farthest: The mean cosine distance (0 to 2) up to which messages go together.
    """
    if not messages:
        return []
    owners = np.array([entry.id for entry in entries for _ in entry.wordings])
    wordings = encode([wording for entry in entries for wording in entry.wordings])
    # All speak of cancer in the bones: without that, what differs is seen.
    common = wordings.mean(axis=0)
    vectors = _unit(encode([message.text for message in messages]) - common)
    wordings = _unit(wordings - common)
    labels = _labels(vectors, farthest)
    groups = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        nearest = _nearest(vectors[members].mean(axis=0), owners, wordings)
        groups.append(Group(tuple(messages[index] for index in members), nearest))
    return sorted(groups, key=lambda group: (-group.times, group.id))


def _labels(vectors: np.ndarray, farthest: float) -> np.ndarray:
    """A label for each vector, shape (vectors,); alike vectors share theirs."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=int)
    clustering = AgglomerativeClustering(
        n_clusters=None, distance_threshold=farthest, linkage="average", affinity="cosine"
    )
    labels: np.ndarray = clustering.fit_predict(vectors)
    return labels


def _nearest(
    mean: np.ndarray, owners: np.ndarray, wordings: np.ndarray, most: int = 3
) -> tuple[Nearest, ...]:
    """The entries whose nearest wordings are nearest to a mean vector, best first."""
    scores = wordings @ _unit(mean)
    best = {id_: float(scores[owners == id_].max()) for id_ in np.unique(owners)}
    ranked = sorted(best.items(), key=lambda item: -item[1])[:most]
    return tuple(Nearest(str(id_), score) for id_, score in ranked)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1, shape unchanged."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(lengths, 1e-9)
    return unit
