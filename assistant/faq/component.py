"""FaqRetriever: the Rasa component that stands where intent classifier and ResponseSelector do.

One component, because intent and entry come out of one joint decision: a message cannot be
"small talk" for one model and "denosumab" for the next.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.encoder import get_encoder
from assistant.encoder.encoder import DEFAULT_MODEL
from assistant.faq.importer import response_key
from assistant.faq.reader import FAQ, NO_ANSWER, Candidate, QuestionReader, Reading
from assistant.faq.validation import digest, load_labelled
from assistant.paths import ROOT, VALIDATION_DATA

logger = logging.getLogger(__name__)

READING = "reading"  # the key under which a message carries its Reading
ENCODER_KEY = "encoder"
VALIDATION_KEY = "validation"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FaqRetriever(GraphComponent):
    """Reads a message; writes intent, ResponseSelector's output and the whole reading."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The component's settings."""
        return {
            # Our int8 export, or the folder of any sentence-transformers model.
            ENCODER_KEY: DEFAULT_MODEL,
            # The split that the thresholds come from, relative to the repository.
            VALIDATION_KEY: VALIDATION_DATA.relative_to(ROOT).as_posix(),
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._reader: QuestionReader | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FaqRetriever:
        """Makes an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What training depends on beside the training data: encoder, validation split, code."""
        merged = {**cls.get_default_config(), **config}
        encoder = get_encoder(merged[ENCODER_KEY]).fingerprint
        return encoder + digest(ROOT / merged[VALIDATION_KEY]) + _code_digest()

    def train(self, training_data: TrainingData) -> Resource:
        """Trains the reader on all wordings and service examples, and stores it in the model."""
        examples = [
            (message.get("text"), message.get_full_intent())
            for message in training_data.intent_examples
        ]
        entries = {
            intent.removeprefix(f"{FAQ}/") for _, intent in examples if intent.startswith(f"{FAQ}/")
        }
        validation = load_labelled(ROOT / self._config[VALIDATION_KEY], entries)
        encoder = get_encoder(self._config[ENCODER_KEY])
        self._reader = QuestionReader.train(encoder, examples, validation)
        with self._storage.write_to(self._resource) as folder:
            self._reader.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FaqRetriever:
        """Loads the reader out of the model archive."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._reader = QuestionReader.load(folder, get_encoder(config[ENCODER_KEY]))
        return component

    def process(
        self, messages: list[Message], tracker: DialogueStateTracker | None = None
    ) -> list[Message]:
        """Reads messages; never raises, because that would end the turn before any policy."""
        for message in messages:
            try:
                reading = self._read(message.get("text") or "", tracker)
            except Exception as error:  # noqa: BLE001 - safety boundary: the turn must go on
                logger.error("FaqRetriever failed: %s", type(error).__name__)
                reading = _unread(message.get("text") or "")
            _write(message, reading)
        return messages

    def _read(self, text: str, tracker: DialogueStateTracker | None) -> Reading:
        if not text.strip() or self._reader is None:
            return _unread(text)
        return self._reader.read(text, _last_asked(tracker))


def _last_asked(tracker: DialogueStateTracker | None) -> str | None:
    """The question of the message before this one, where it led to entries."""
    if tracker is None or tracker.latest_message is None:
        return None
    reading: dict[str, Any] = tracker.latest_message.parse_data.get(READING) or {}  # type: ignore[assignment]
    return reading.get("asked") if reading.get("answers") or reading.get("offered") else None


def _unread(text: str) -> Reading:
    return Reading(NO_ANSWER, 0.0, (), (), (), text)


def _write(message: Message, reading: Reading) -> None:
    intent = {"name": reading.intent, "confidence": reading.confidence}
    message.set("intent", intent, add_to_output=True)
    message.set("intent_ranking", [intent], add_to_output=True)
    message.set(READING, asdict(reading), add_to_output=True)
    if reading.ranking:
        message.set("response_selector", _selector_output(reading), add_to_output=True)


def _selector_output(reading: Reading) -> dict[str, Any]:
    """The ranking in the form of Rasa's ResponseSelector, which `utter_faq` reads."""
    best = (reading.answers or reading.ranking)[0]
    return {
        "all_retrieval_intents": [FAQ],
        FAQ: {
            "response": {
                "responses": None,
                "confidence": best.score,
                "intent_response_key": f"{FAQ}/{best.id}",
                "utter_action": response_key(best.id),
            },
            "ranking": [_ranked(candidate) for candidate in reading.ranking],
        },
    }


def _ranked(candidate: Candidate) -> dict[str, Any]:
    return {
        "confidence": candidate.score,
        "intent_response_key": f"{FAQ}/{candidate.id}",
    }


def _code_digest() -> str:
    """Changes with the code that trains the reader."""
    digest_ = hashlib.sha256()
    encoder = Path(__file__).parent.parent / "encoder"
    for file in sorted([*Path(__file__).parent.glob("*.py"), *encoder.glob("*.py")]):
        digest_.update(file.read_bytes())
    return digest_.hexdigest()
