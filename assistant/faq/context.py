"""A message read with the question before it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.encoder import Encoder
from assistant.encoder.text_classifier import TextClassifier
from assistant.faq.questions import leans_on_last_turn

SEPARATOR = " [SEP] "  # what the encoder was taught to see between two texts
LEANS, ALONE = "leans", "alone"
FOLDER = "leaning"


def join_turns(before: str, message: str) -> str:
    """Returns the one text in which a follow-up is read.

    >>> join_turns("What is Xgeva?", "and for how long?")
    'What is Xgeva? [SEP] and for how long?'
    """
    return f"{before}{SEPARATOR}{message}"


class Leaning:
    """Tells whether a message leans on the one before: "and for how long?".

    Args:
        classifier: Trained on follow-ups; None where there were none: then words alone tell.
    """

    def __init__(self, classifier: TextClassifier | None) -> None:
        self._classifier = classifier

    @classmethod
    def train(cls, encoder: Encoder, follow_ups: Sequence[tuple[str, bool]]) -> Leaning:
        """Trains on messages, and whether each leans on the one before it."""
        if len({leans for _, leans in follow_ups}) < 2:
            return cls(None)
        texts = [text for text, _ in follow_ups]
        labels = [LEANS if leans else ALONE for _, leans in follow_ups]
        return cls(TextClassifier.train(encoder, texts, labels))

    def leans(self, message: str) -> bool:
        """Whether the message can only be understood with the one before it."""
        return self.probability(message) >= 0.5

    def probability(self, message: str) -> float:
        """The probability that it can only be understood with the one before it."""
        if self._classifier is None:
            return float(leans_on_last_turn(message))
        probabilities = self._classifier.probabilities([message])[0]
        return float(probabilities[self._classifier.classes.index(LEANS)])

    def save(self, folder: Path) -> None:
        """Writes the classifier, if there is one, below an existing folder."""
        if self._classifier is not None:
            (folder / FOLDER).mkdir()
            self._classifier.save(folder / FOLDER)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> Leaning:
        """Reads what `save` wrote."""
        trained = (folder / FOLDER).is_dir()
        return cls(TextClassifier.load(folder / FOLDER, encoder) if trained else None)
