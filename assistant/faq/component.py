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
from assistant.faq.evidence import FAQ
from assistant.faq.history import READING, before_this
from assistant.faq.importer import response_key
from assistant.faq.index import AUTO
from assistant.faq.reader import QuestionReader
from assistant.faq.reading import NO_ANSWER, Candidate, Reading
from assistant.faq.training_examples import load_follow_ups, with_topic
from assistant.faq.validation import (
    digest,
    load_conversations,
    load_labelled,
    load_several,
)
from assistant.observability.stages import stage
from assistant.paths import FOLLOW_UP_DATA, ROOT, VALIDATION_DATA

logger = logging.getLogger(__name__)

ENCODER_KEY = "encoder"
SEARCH_KEY = "search"
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
            # Among the wordings: exact, approximate, or auto, which goes by their number.
            SEARCH_KEY: AUTO,
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
        follow_ups = hashlib.sha256(FOLLOW_UP_DATA.read_bytes()).hexdigest()
        return encoder + digest(ROOT / merged[VALIDATION_KEY]) + follow_ups + _code_digest()

    def train(self, training_data: TrainingData) -> Resource:
        """Trains the reader on all wordings and service examples, and stores it in the model."""
        examples = [
            (message.get("text"), with_topic(message.get_full_intent(), _topic(message)))
            for message in training_data.intent_examples
        ]
        prefix = f"{FAQ}/"
        wordings = [
            (text, intent.removeprefix(prefix))
            for text, intent in examples
            if intent.startswith(prefix)
        ]
        entries = {
            key.removeprefix(response_key("")): responses[0]
            for key, responses in training_data.responses.items()
        }
        validation = ROOT / self._config[VALIDATION_KEY]
        encoder = get_encoder(self._config[ENCODER_KEY])
        with encoder.remembering():
            self._reader = QuestionReader.train(
                encoder,
                examples,
                load_labelled(validation, entries),
                answers={id_: entry["text"] for id_, entry in entries.items()},
                questions={id_: entry["metadata"]["question"] for id_, entry in entries.items()},
                neighbours={id_: entry["metadata"]["neighbours"] for id_, entry in entries.items()},
                follow_ups=load_follow_ups(FOLLOW_UP_DATA, wordings),
                several=load_several(validation),
                conversations=load_conversations(validation),
                search=self._config[SEARCH_KEY],
            )
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

    @stage("retrieve")
    def _read(self, text: str, tracker: DialogueStateTracker | None) -> Reading:
        if not text.strip() or self._reader is None:
            return _unread(text)
        return self._reader.read(text, before_this(tracker))


def _topic(message: Message) -> str | None:
    metadata = (message.get("metadata") or {}).get("intent")
    return metadata.get("topic") if isinstance(metadata, dict) else None


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
    package = Path(__file__).parent.parent
    for folder in (package / "faq", package / "encoder", package / "language"):
        for file in sorted([*folder.glob("*.py"), *folder.glob("*.yml")]):
            digest_.update(file.read_bytes())
    return digest_.hexdigest()
