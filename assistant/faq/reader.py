"""What a message asks for: an entry, several, a choice, a service, or nothing we have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from assistant.encoder import Encoder
from assistant.encoder.text_classifier import TextClassifier
from assistant.faq.calibration import Calibration, calibrate
from assistant.faq.index import VariantIndex
from assistant.faq.questions import is_question, leans_on_last_turn, split_questions
from assistant.faq.validation import Labelled

FAQ = "faq"
UNSURE = "faq_unsure"
NO_ANSWER = "out_of_scope"
ADVICE = "personal_advice"
# What is said beside answers, where a part of the message asks for it.
BESIDE_ANSWERS = (ADVICE, "low_mood", "ask_human", "admin")
SIMILARITY_WEIGHT = 8.0  # of a cosine beside a log probability; chosen by cross-validation
MOST_ANSWERS = 3
MOST_OFFERED = 3
SURE_ALONE = 0.6  # a leaning message that is this clear needs no context
SURE_PART = 0.35  # each of several questions in one message
SURE_STATEMENT = 0.8  # a part that asks nothing in so many words: "Xgeva next week."
SURE_SERVICE = 0.5
CLEAR_ADVICE = 0.4  # a personal decision is declined, however well an entry fits


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
        services: Service intents of other parts of the message ("... and should I stop it?").
        asked: The wording that was understood: with the last question before it where the
            message leans on that.
    """

    intent: str
    confidence: float
    answers: tuple[Candidate, ...]
    offered: tuple[Candidate, ...]
    ranking: tuple[Candidate, ...]
    asked: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Scores:
    """Evidence for one text: candidates best first, service classes best first."""

    text: str
    ranking: tuple[Candidate, ...]
    service: str
    service_probability: float

    @property
    def best(self) -> Candidate:
        return self.ranking[0]


class QuestionReader:
    """Ranks entries and decides; one joint classifier, so intent and entry cannot disagree.

    Args:
        classifier: Over `faq/<id>` of each entry and the service intents.
        index: Over the wordings of the entries.
        calibration: Turns evidence into probabilities; holds the thresholds.
    """

    def __init__(
        self, classifier: TextClassifier, index: VariantIndex, calibration: Calibration
    ) -> None:
        self.calibration = calibration
        self._classifier = classifier
        self._index = index
        names = list(classifier.classes)
        self._entry_columns = np.array([names.index(f"{FAQ}/{id_}") for id_ in index.ids])
        self._services = [name for name in names if not name.startswith(f"{FAQ}/")]
        self._service_columns = np.array([names.index(name) for name in self._services])

    @classmethod
    def train(
        cls,
        encoder: Encoder,
        examples: Sequence[tuple[str, str]],
        validation: Sequence[Labelled],
    ) -> QuestionReader:
        """Trains on (text, intent) pairs and calibrates on the validation split.

        Args:
            encoder: Embeds texts.
            examples: Intents are `faq/<id>` for wordings of entries, else service intents.
            validation: Messages that are not among the examples.
        """
        texts, intents = zip(*examples, strict=True)
        prefix = f"{FAQ}/"
        wordings = [
            (text, intent.removeprefix(prefix))
            for text, intent in examples
            if intent.startswith(prefix)
        ]
        reader = cls(
            TextClassifier.train(encoder, texts, intents),
            VariantIndex.build(encoder, wordings),
            Calibration((0.0,) * 5, 0.0, 1.0, 1.0),
        )
        reader.calibration = reader._calibrate(validation)
        return reader

    def _calibrate(self, validation: Sequence[Labelled]) -> Calibration:
        evidence, scores, _ = self._evidence([message.text for message in validation])
        best = scores.argmax(axis=1)
        right = [
            self._index.ids[column] in message.entries
            for column, message in zip(best, validation, strict=True)
        ]
        covered = [bool(message.entries) for message in validation]
        return calibrate(evidence[np.arange(len(best)), best], right, covered)

    def read(self, text: str, last_asked: str | None = None) -> Reading:
        """Decides what a message asks for.

        Args:
            text: The message.
            last_asked: `asked` of the last reading that found entries, if any.
        """
        parts = split_questions(text)
        whole = self._whole(text, last_asked)
        several, services = self._several(parts) if len(parts) > 1 else ((), ())
        if len(several) > 1 or (several and self._stands_out(several[0], whole.best)):
            return replace(_answer(several, whole), services=services)
        return self._decide(whole)

    def _stands_out(self, part: Candidate, whole: Candidate) -> bool:
        """Whether one clear question inside a long story decides the turn."""
        clear = part.score >= self.calibration.answer_from
        return clear and (part.id == whole.id or whole.score < self.calibration.answer_from)

    def _whole(self, text: str, last_asked: str | None) -> _Scores:
        (alone,) = self._score([text])
        sure = alone.best.score >= SURE_ALONE or _is_service(alone)
        if last_asked is None or sure or not leans_on_last_turn(text):
            return alone
        (together,) = self._score([f"{last_asked} {text}"])
        return max(alone, together, key=lambda scores: scores.best.score)

    def _several(self, parts: Sequence[str]) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
        """The entries that the parts of a message ask for, and the services beside them."""
        found: dict[str, Candidate] = {}
        services: dict[str, None] = {}
        for before, part in zip(["", *parts], self._score(parts), strict=False):
            best, asks = part.best, is_question(part.text)
            if _is_service(part):
                if part.service in BESIDE_ANSWERS:
                    services[part.service] = None
                continue
            if before and asks and best.score < SURE_PART and leans_on_last_turn(part.text):
                # "The radiation on my hip, what will that do?"
                (together,) = self._score([f"{before} {part.text}"])
                best = replace(together.best, part=part.text)
            if best.score >= (SURE_PART if asks else SURE_STATEMENT):
                found.setdefault(best.id, best)
        return tuple(found.values())[:MOST_ANSWERS], tuple(services)

    def _decide(self, scores: _Scores) -> Reading:
        best = scores.best
        declines = scores.service == ADVICE and scores.service_probability >= CLEAR_ADVICE
        if best.score >= self.calibration.answer_from and not declines:
            return _answer((best,), scores)
        uncovered = scores.service_probability >= SURE_SERVICE
        if declines or uncovered or best.score < self.calibration.offer_from:
            return Reading(
                scores.service, scores.service_probability, (), (), scores.ranking, scores.text
            )
        return Reading(
            UNSURE, best.score, (), scores.ranking[:MOST_OFFERED], scores.ranking, scores.text
        )

    def _evidence(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        probabilities = self._classifier.probabilities(texts)
        entries = np.log(probabilities[:, self._entry_columns] + 1e-6)
        services = probabilities[:, self._service_columns]
        similarities = self._index.similarities(texts)
        scores = entries + SIMILARITY_WEIGHT * similarities
        ordered = np.sort(scores, axis=1)
        rivals = np.where(scores == ordered[:, -1:], ordered[:, -2:-1], ordered[:, -1:])
        shape = scores.shape
        any_entry = np.log(probabilities[:, self._entry_columns].sum(axis=1) + 1e-6)
        any_service = np.log(services.max(axis=1) + 1e-6)
        evidence = np.stack(
            [
                entries,
                np.broadcast_to(any_entry[:, None], shape),
                similarities,
                scores - rivals,
                np.broadcast_to(any_service[:, None], shape),
            ],
            axis=2,
        )
        return evidence, scores, services

    def _score(self, texts: Sequence[str]) -> list[_Scores]:
        evidence, scores, services = self._evidence(texts)
        probabilities = self.calibration.probability(evidence)
        scored = []
        for row, text in enumerate(texts):
            best = np.argsort(-scores[row])[:MOST_OFFERED]
            ranking = tuple(
                Candidate(
                    self._index.ids[column], round(float(probabilities[row, column]), 3), text
                )
                for column in best
            )
            top = int(services[row].argmax())
            scored.append(_Scores(text, ranking, self._services[top], float(services[row, top])))
        return scored

    def save(self, folder: Path) -> None:
        """Writes everything into an existing folder."""
        self._classifier.save(folder)
        self._index.save(folder)
        (folder / "calibration.json").write_text(
            json.dumps(asdict(self.calibration)), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> QuestionReader:
        """Reads what `save` wrote."""
        calibration = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        return cls(
            TextClassifier.load(folder, encoder),
            VariantIndex.load(folder, encoder),
            Calibration(**{**calibration, "weights": tuple(calibration["weights"])}),
        )


def _is_service(scores: _Scores) -> bool:
    """Whether a service is clearly meant. Out of scope is none: context may mend that."""
    return scores.service_probability >= SURE_SERVICE and scores.service != NO_ANSWER


def _answer(answers: tuple[Candidate, ...], scores: _Scores) -> Reading:
    return Reading(FAQ, answers[0].score, answers, (), scores.ranking, scores.text)
