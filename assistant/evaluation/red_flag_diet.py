"""Rasa's own intent classifier, taught the red flags as one more intent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.domain import Domain
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.log_utils import configure_structlog

from assistant.faq.importer import MessagesImporter
from assistant.faq.validation import read_jsonl
from assistant.paths import RED_FLAG_DATA

RED_FLAG, NO_RED_FLAG = "red_flag", "no_red_flag"
INTENT_OF = {"mentions": RED_FLAG, "harmless": NO_RED_FLAG}  # by file
# Words. DIET pads each batch to its longest message: with the longer ones, 7 in 100, training takes
# several times as long.
LONGEST = 40


class RedFlagImporter(MessagesImporter):
    """Gives the training messages of the screen as two intents.

    Named in `red_flag_diet.yml` beside the importers of all other messages.

    Args:
        folder: Holds mentions.jsonl and harmless.jsonl; by default `data/red_flags`.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        folder: str = str(RED_FLAG_DATA),
        **_: Any,
    ) -> None:
        self._folder = Path(folder)

    def get_domain(self) -> Domain:
        """The two intents."""
        return Domain.from_dict({"intents": list(INTENT_OF.values())})

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All but the longest messages as training examples."""
        examples = [
            Message.build(text=row["text"], intent=intent)
            for name, intent in INTENT_OF.items()
            for row in read_jsonl(self._folder / f"{name}.jsonl")
            if len(row["text"].split()) <= LONGEST
        ]
        return TrainingData(training_examples=examples)


class DietScreen:
    """A trained model whose best intent says whether a message is a red flag.

    Args:
        model: Trained with `red_flag_diet.yml`.
    """

    def __init__(self, model: Path) -> None:
        configure_structlog(logging.ERROR)
        self._agent = Agent.load(model)

    def flags(self, texts: Iterable[str]) -> list[bool]:
        """Tells of each text whether its best intent is the red flag's."""
        return asyncio.run(self._flags(texts))

    async def _flags(self, texts: Iterable[str]) -> list[bool]:
        parsed = [await self._agent.parse_message(text) for text in texts]
        return [bool(one["intent"]["name"] == RED_FLAG) for one in parsed]
