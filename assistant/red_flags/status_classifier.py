"""The learned reading of status, beside the triggers: present, past, negated or asked.

Triggers see the words around a mention, but not that "only the dog saw me go down" has happened.
What they say is one of the clues; the others are the words and the sentence's vector.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from assistant.encoder.text_classifier import beside, columns_of, softmax
from assistant.language.segmentation import with_blanks
from assistant.red_flags.context import LOST, THIS_MINUTE, Verdict
from assistant.red_flags.findings import Finding
from assistant.red_flags.folding import fold
from assistant.red_flags.mention import STATUSES, Status, categories
from assistant.red_flags.windows import LONGEST

Encode = Callable[[list[str]], NDArray[np.float32]]

WEIGHTS_FILE, CARD_FILE = "status.npz", "status.json"
CLASSES = ("present", "past", "past-recent", "asked", "asked-concrete", "negated")
PRESENT = CLASSES.index("present")
TRIGGER = "learned"
# What the classifier may not read where a rule has seen the trigger: the "not" belongs to the sign,
# or it was "just now".
RULED_OUT = {LOST: "negated", THIS_MINUTE: "past"}

EMBEDDING_WEIGHT, WORDS_WEIGHT = 2.0, 1.5
INVERSE_REGULARISATION = 10.0
MOST_PASSES = 300

_REPEATED = re.compile(r"\b(\w+)(?:[\s.,!?]+\1\b)+")
_WORDS = HashingVectorizer(
    analyzer="word",
    ngram_range=(1, 3),
    n_features=2**15,
    alternate_sign=False,
    norm="l2",
    token_pattern=r"(?u)\b\w[\w']*\b|[?!.,]",
)


@dataclass(frozen=True)
class StatusThresholds:
    """From which probability of "present" on a mention counts as present.

    Attributes:
        emergency: For emergencies: where the status is unsure they are paged.
        same_day: For all others.
    """

    emergency: float = 0.3
    same_day: float = 0.5


class StatusClassifier:
    """Multinomial logistic regression on vector, words and triggers.

    Args:
        weights: shape (len(CLASSES), features), float32.
        bias: shape (len(CLASSES),), float32.
        encode: list of texts -> unit vectors, shape (n, dimension), float32.
        thresholds: see `StatusThresholds`.
    """

    def __init__(
        self,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        encode: Encode,
        thresholds: StatusThresholds | None = None,
    ) -> None:
        self.thresholds = thresholds or StatusThresholds()
        self._weights, self._bias = weights, bias
        self._columns = columns_of(weights)
        self._encode = encode

    @classmethod
    def train(
        cls, findings: Sequence[Finding], labels: Sequence[str], encode: Encode
    ) -> StatusClassifier:
        """Fits the classifier.

        Args:
            findings: What the screen found in the training messages.
            labels: One of CLASSES for each.
            encode: list of texts -> unit vectors.

        Raises:
            ValueError: a class has no example.
        """
        missing = sorted(set(CLASSES) - set(labels))
        if missing:
            raise ValueError(f"no example of {', '.join(missing)}; each class needs some")
        model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=MOST_PASSES, tol=1e-3)
        numbers = [CLASSES.index(label) for label in labels]
        model.fit(_features(findings, encode), numbers)
        return cls(model.coef_.astype(np.float32), model.intercept_.astype(np.float32), encode)

    def probabilities(self, findings: Sequence[Finding]) -> NDArray[np.float32]:
        """The probability of each class, shape (len(findings), len(CLASSES))."""
        return softmax(_features(findings, self._encode) @ self._columns + self._bias)

    def verdicts(self, findings: Sequence[Finding]) -> list[Verdict]:
        """The status of each finding."""
        return [
            self._verdict(finding, shares)
            for finding, shares in zip(findings, self.probabilities(findings), strict=True)
        ]

    def _verdict(self, finding: Finding, shares: NDArray[np.float32]) -> Verdict:
        emergency = categories()[finding.category] == "emergency"
        needed = self.thresholds.emergency if emergency else self.thresholds.same_day
        if shares[PRESENT] >= needed:
            return Verdict("present", trigger=TRIGGER)
        others = shares.copy()
        others[PRESENT] = 0.0
        name, _, recent = CLASSES[int(others.argmax())].partition("-")
        for verdict in finding.verdicts:
            if RULED_OUT.get(verdict.trigger or "") == name:
                return verdict
        status: Status = next(one for one in STATUSES if one == name)
        return Verdict(status, bool(recent), TRIGGER)

    def with_thresholds(self, thresholds: StatusThresholds) -> StatusClassifier:
        """The same classifier with other thresholds."""
        return StatusClassifier(self._weights, self._bias, self._encode, thresholds)

    def save(self, folder: Path) -> None:
        """Writes weights and thresholds into an existing folder; no pickle."""
        np.savez_compressed(
            folder / WEIGHTS_FILE, weights=self._weights.astype(np.float16), bias=self._bias
        )
        card = {"classes": CLASSES, "thresholds": self.thresholds.__dict__}
        (folder / CARD_FILE).write_text(json.dumps(card, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encode: Encode) -> StatusClassifier:
        """Reads what `save` wrote.

        Raises:
            FileNotFoundError: nothing was saved there.
            ValueError: it was saved with other classes.
        """
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if tuple(card["classes"]) != CLASSES:
            raise ValueError(f"{folder / CARD_FILE}: classes {card['classes']}; needed {CLASSES}")
        with np.load(folder / WEIGHTS_FILE, allow_pickle=False) as arrays:
            weights, bias = arrays["weights"].astype(np.float32), arrays["bias"]
        return cls(weights, bias, encode, StatusThresholds(**card["thresholds"]))


def status_class(status: str, priority: str, urgency: str) -> str:
    """The class of a labelled mention.

    Who asks or tells of the past and is to be paged counts as present.

    >>> status_class("past", "same-day", "emergency"), status_class("asked", "page", "emergency")
    ('past-recent', 'present')
    """
    if status == "present" or priority == "page":
        return "present"
    if urgency == "emergency" and priority == "same-day" and status != "negated":
        return f"{status}-recent" if status == "past" else f"{status}-concrete"
    return status


def _features(findings: Sequence[Finding], encode: Encode) -> csr_matrix:
    folded = [_said_once(with_blanks(fold(f.around[:LONGEST]).text)) for f in findings]
    clues = csr_matrix(np.array([_clues(finding) for finding in findings], dtype=np.float32))
    return beside(encode(folded) * EMBEDDING_WEIGHT, _WORDS.transform(folded) * WORDS_WEIGHT, clues)


def _said_once(text: str) -> str:
    """A text without immediate repeats: "ok. ok. ok." tells no more than "ok."."""
    return _REPEATED.sub(r"\1", text)


def _clues(finding: Finding) -> list[float]:
    """What the triggers say: of the most pressing match, of any; and whose rule it is."""
    first = finding.verdicts[0]
    seen = {verdict.status for verdict in finding.verdicts}
    return [
        *(float(first.status == status) for status in STATUSES),
        float(first.recent),
        float(finding.by_rules),
        *(float(status in seen) for status in STATUSES),
        float(categories()[finding.category] == "emergency"),
        float(finding.category == "self-harm"),
    ]
