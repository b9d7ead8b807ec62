"""What is known of a message after it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

UNSURE = "faq_unsure"
NO_ANSWER = "out_of_scope"
ADVICE = "personal_advice"
DENIES = "deny"


@dataclass(frozen=True)
class Candidate:
    """An entry and the calibrated probability that it is the right answer.

    Attributes:
        part: The words that ask for it: the message, or one question out of it.
    """

    id: str
    score: float
    part: str


@dataclass(frozen=True)
class Reading:
    """The verdict on one message, with its evidence.

    Attributes:
        intent: `faq` (answered), `faq_unsure` (offered), or the name of a service intent.
        confidence: Of the verdict, 0 to 1.
        answers: Entries to answer with, in the order in which they were asked for.
        offered: Entries to choose from, best first; only with `faq_unsure`.
        ranking: The best entries whatever the verdict, best first.
        asked: The wording that was understood, for the message after it to lean on.
        services: Service intents of other parts of the message ("... and should I stop it?").
        rejects: Whether it turns down the answer before it.
    """

    intent: str
    confidence: float
    answers: tuple[Candidate, ...]
    offered: tuple[Candidate, ...]
    ranking: tuple[Candidate, ...]
    asked: str
    services: tuple[str, ...] = ()
    rejects: bool = False


@dataclass(frozen=True)
class Ranked:
    """Entries ranked for some texts.

    Attributes:
        ids: Entry ids, the columns.
        scores: How well each entry fits, shape (texts, entries).
        confidence: Probability that the best entry is a right answer, shape (texts,).
    """

    ids: tuple[str, ...]
    scores: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True)
class Scored:
    """Evidence for one text.

    Attributes:
        ranking: The best entries, best first.
        service: The likeliest service intent.
        service_probability: Of it.
        advice_probability: That a personal decision is asked for.
        likeness: To each entry, by letters and by words.
    """

    text: str
    ranking: tuple[Candidate, ...]
    service: str
    service_probability: float
    advice_probability: float
    likeness: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def best(self) -> Candidate:
        """The first of the ranking."""
        return self.ranking[0]

    def score_of(self, entry: str) -> float:
        """The probability of an entry, 0 where it is not among the best."""
        return next((one.score for one in self.ranking if one.id == entry), 0.0)
