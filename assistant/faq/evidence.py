"""All that speaks for an entry being the answer to a text: topics, meaning, letters, words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.encoder import Encoder
from assistant.encoder.text_classifier import TextClassifier
from assistant.faq.index import AUTO, VariantIndex
from assistant.faq.lexical import LexicalIndex

FAQ = "faq"
PARTS = frozenset({"classifier", "dense", "lexical"})
LEAST = 1e-6  # of a probability, before its logarithm


LETTERS, WORDS = 2, 3  # columns of the features


@dataclass(frozen=True)
class Evidence:
    """Of some texts.

    Attributes:
        features: For each entry the log probability of its topic, the cosine with its nearest
            wordings, the same by character n-grams, and BM25; shape (texts, entries, 4).
        services: Probability of each service intent, shape (texts, services).
        uncovered: Cosine with the nearest messages that no entry answers, shape (texts,).
    """

    features: np.ndarray
    services: np.ndarray
    uncovered: np.ndarray

    def of(self, texts: np.ndarray) -> Evidence:
        """The evidence of some of the texts, chosen by a mask or by numbers."""
        return Evidence(self.features[texts], self.services[texts], self.uncovered[texts])


class EvidenceSource:
    """Gathers evidence; trained on wordings and on messages of other intents.

    Args:
        classifier: Over the topics: `faq/<id>`, service intents, `out_of_scope/<topic>`.
        index: Wordings by meaning.
        lexical: Wordings and answers by letters and words.
        parts: Which of the three speak; the others count as 0 (for ablations).
    """

    def __init__(
        self,
        classifier: TextClassifier,
        index: VariantIndex,
        lexical: LexicalIndex,
        parts: Collection[str] = PARTS,
    ) -> None:
        self._classifier, self._index, self._lexical = classifier, index, lexical
        self._parts = frozenset(parts)
        self.ids = index.ids
        names = list(classifier.classes)
        self._entry_columns = [names.index(f"{FAQ}/{id_}") for id_ in self.ids]
        others = [name.split("/")[0] for name in names]
        self.services = tuple(sorted(set(others) - {FAQ}))
        self._service_of = np.array(
            [[name == service for service in self.services] for name in others], dtype=np.float32
        ).reshape(len(names), len(self.services))

    @classmethod
    def train(
        cls,
        encoder: Encoder,
        examples: Sequence[tuple[str, str]],
        answers: Mapping[str, str],
        parts: Collection[str] = PARTS,
        search: str = AUTO,
    ) -> EvidenceSource:
        """Trains on (text, intent) pairs: `faq/<id>`, or the name of another intent.

        Args:
            encoder: Embeds texts.
            examples: The pairs.
            answers: The answers by entry id.
            parts: Which of the three speak.
            search: Among the wordings, see `VariantIndex.build`.
        """
        prefix = f"{FAQ}/"
        wordings = [
            (text, name[len(prefix) :]) for text, name in examples if name.startswith(prefix)
        ]
        others = [text for text, name in examples if not name.startswith(prefix)]
        texts, topics = zip(*examples, strict=True)
        index = VariantIndex.build(encoder, wordings, others, search)
        return cls(
            TextClassifier.train(encoder, texts, topics),
            index,
            LexicalIndex.build(wordings, answers),
            parts,
        )

    def gather(self, texts: Sequence[str]) -> Evidence:
        """Gathers the evidence of some texts."""
        probabilities = self._classifier.probabilities(texts)
        entries = np.log(probabilities[:, self._entry_columns] + LEAST)
        letters, words = self._lexical.similarities(texts)
        dense = self._index.similarities(texts)
        speaks = [part in self._parts for part in ("classifier", "dense", "lexical", "lexical")]
        features = np.stack([entries, dense, letters, words], axis=2) * np.array(speaks)
        services = probabilities @ self._service_of
        return Evidence(features, services, self._index.uncovered_similarity(texts))

    def save(self, folder: Path) -> None:
        """Writes everything into an existing folder."""
        for part in (self._classifier, self._index, self._lexical):
            part.save(folder)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> EvidenceSource:
        """Reads what `save` wrote."""
        return cls(
            TextClassifier.load(folder, encoder),
            VariantIndex.load(folder, encoder),
            LexicalIndex.load(folder),
        )
