"""Texts to ranked entries with calibrated probabilities."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.encoder import Encoder
from assistant.faq.calibration import Calibration
from assistant.faq.evidence import LETTERS, WORDS, EvidenceSource
from assistant.faq.reading import ADVICE, NO_ANSWER, Candidate, Ranked, Scored

RANKED = 3  # entries of each text that are kept
CALIBRATION_FILE = "calibration.json"


class Scorer:
    """Ranks entries for texts, each read alone and as a whole.

    Args:
        source: Gathers the evidence for a text.
        calibration: Turns evidence into a ranking and probabilities; holds the thresholds.
    """

    def __init__(self, source: EvidenceSource, calibration: Calibration) -> None:
        self.calibration = calibration
        self._source = source

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Ranks all entries."""
        evidence = self._source.gather(texts)
        scores = self.calibration.scores(evidence)
        return Ranked(self._source.ids, scores, self.calibration.confidence(evidence, scores))

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Ranks the best few entries, with the probability of each and of the services."""
        if not texts:
            return []
        evidence = self._source.gather(texts)
        scores = self.calibration.scores(evidence)
        best = np.argsort(-scores, axis=1)[:, :RANKED]
        shares = [self.calibration.confidence_in(evidence, scores, column) for column in best.T]
        rows = np.stack(shares, axis=1)
        names = self._source.services
        alike = evidence.features[:, :, (LETTERS, WORDS)].tolist()
        return [
            _scored(
                text,
                tuple(
                    Candidate(self._source.ids[column], round(float(share), 3), text)
                    for column, share in zip(best[row], rows[row], strict=True)
                ),
                dict(zip(names, evidence.services[row].tolist(), strict=True)),
                dict(zip(self._source.ids, map(tuple, alike[row]), strict=True)),
            )
            for row, text in enumerate(texts)
        ]

    def read_ahead(self, texts: Iterable[str]) -> ReadAhead:
        """Scores texts in one go, for who asks for them one by one."""
        known = list(dict.fromkeys(texts))
        return ReadAhead(dict(zip(known, self.score(known), strict=True)))

    def save(self, folder: Path) -> None:
        """Writes everything into an existing folder."""
        self._source.save(folder)
        file = folder / CALIBRATION_FILE
        file.write_text(json.dumps(asdict(self.calibration)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> Scorer:
        """Reads what `save` wrote."""
        kept = json.loads((folder / CALIBRATION_FILE).read_text(encoding="utf-8"))
        kept = {name: tuple(one) if isinstance(one, list) else one for name, one in kept.items()}
        return cls(EvidenceSource.load(folder, encoder), Calibration(**kept))


class TextScorer(Protocol):
    """Scores texts: a scorer, or what it has read ahead."""

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """The best few entries of each, with the probability of each and of the services."""


@dataclass(frozen=True)
class ReadAhead:
    """What a scorer has made of texts.

    Attributes:
        known: By text.
    """

    known: Mapping[str, Scored]

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Looks texts up."""
        return [self.known[text] for text in texts]


def _scored(
    text: str,
    ranking: tuple[Candidate, ...],
    services: dict[str, float],
    likeness: dict[str, tuple[float, float]],
) -> Scored:
    likeliest = max(services, key=services.__getitem__, default=NO_ANSWER)
    return Scored(
        text,
        ranking,
        likeliest,
        services.get(likeliest, 0.0),
        services.get(ADVICE, 0.0),
        likeness,
    )
