"""Turns the corpus into Rasa's own things, so that training and stock components work unchanged."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.faq.corpus import Corpus, Entry, load_corpus
from assistant.faq.evidence import FAQ
from assistant.paths import CORPUS, ROOT

MOST_RELATED = 2  # buttons under an answer, beside the one to the emergency advice


def response_key(entry_id: str) -> str:
    """The name of the response, and of the action, that gives an entry's answer.

    >>> response_key("denosumab")
    'utter_faq/denosumab'
    """
    return f"utter_{FAQ}/{entry_id}"


class MessagesImporter(TrainingDataImporter):
    """An importer of a domain and messages alone: no conversations and no settings."""

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """None: there are no conversations."""
        return StoryGraph([])

    def get_config(self) -> dict[str, Any]:
        """None: there are no settings."""
        return {}

    def get_config_file_for_auto_config(self) -> str | None:
        """None: there are no settings."""
        return None


class CorpusImporter(MessagesImporter):
    """Gives each entry as the retrieval intent `faq/<id>` and the response `utter_faq/<id>`.

    Named in `config.yml` beside `RasaFileImporter`, which reads the rest.

    Args:
        corpus: The corpus folder, relative to the repository; by default `faq_corpus`.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        corpus: str = CORPUS.name,
        **_: Any,
    ) -> None:
        self._folder = ROOT / corpus
        self._loaded: Corpus | None = None

    def _corpus(self) -> Corpus:
        if self._loaded is None:
            self._loaded = load_corpus(self._folder)
        return self._loaded

    def get_domain(self) -> Domain:
        """The retrieval intent and a response for each entry, all that showing it needs."""
        entries = self._corpus().entries
        responses = {
            response_key(entry.id): [_response(entry, entries)] for entry in entries.values()
        }
        return Domain.from_dict({"intents": [FAQ], "responses": responses})

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All wordings of all entries as training examples."""
        examples = [
            Message.build(text=wording, intent=f"{FAQ}/{entry.id}")
            for entry in self._corpus().entries.values()
            for wording in entry.wordings
        ]
        return TrainingData(training_examples=examples)


def _response(entry: Entry, entries: dict[str, Entry]) -> dict[str, Any]:
    related = [id_ for id_ in entry.related if id_ != entry.warning_signs][:MOST_RELATED]
    if entry.warning_signs:
        related.insert(0, entry.warning_signs)
    return {
        "text": entry.answer,
        "metadata": {
            "question": entry.question,
            "related": [{"id": id_, "question": entries[id_].question} for id_ in related],
            "neighbours": list(entry.related),
            "sources": [source.shown for source in entry.sources],
            "reviewed": entry.review.on.isoformat() if entry.review.on else None,
            "review_due": entry.review.due.isoformat() if entry.review.due else None,
        },
    }
