"""Reader and red-flag screen inside a trained model, as they are served."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rasa.engine.storage.local_model_storage import LocalModelStorage

from assistant.dialogue.policy import ENCODER_KEY as POLICY_ENCODER_KEY
from assistant.dialogue.policy import TurnPolicy
from assistant.encoder import get_encoder
from assistant.faq.component import ENCODER_KEY as FAQ_ENCODER_KEY
from assistant.faq.component import FaqRetriever
from assistant.faq.reader import QuestionReader
from assistant.red_flags import RedFlagScreen
from assistant.red_flags.train import load_screen


def load_served_reader(model: Path) -> QuestionReader:
    """Takes the reader out of a model archive.

    Args:
        model: Trained with `config.yml`.

    Raises:
        ValueError: If the model has no FaqRetriever.
    """
    with _stored(model, FaqRetriever) as (folder, config):
        encoder = {**FaqRetriever.get_default_config(), **config}[FAQ_ENCODER_KEY]
        return QuestionReader.load(folder, get_encoder(encoder))


def load_served_screen(model: Path) -> RedFlagScreen:
    """Takes the red-flag screen out of a model archive; its rules are those of the checkout.

    Args:
        model: Trained with `config.yml`.

    Raises:
        ValueError: If the model has no TurnPolicy.
    """
    with _stored(model, TurnPolicy) as (folder, config):
        encoder = {**TurnPolicy.get_default_config(), **config}[POLICY_ENCODER_KEY]
        return load_screen(folder, get_encoder(encoder).encode)


@contextmanager
def _stored(model: Path, component: type) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The folder that a component of the model left, while it lasts, and its settings."""
    with tempfile.TemporaryDirectory() as folder:
        storage, metadata = LocalModelStorage.from_model_archive(Path(folder), model)
        for node in metadata.predict_schema.nodes.values():
            if node.uses is component and node.resource is not None:
                with storage.read_from(node.resource) as stored:
                    yield stored, node.config
                return
    raise ValueError(f"{model} holds no {component.__name__}: give a model trained with config.yml")
