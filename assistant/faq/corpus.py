"""Corpus files to entries: the one loader of `faq_corpus/`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assistant.faq.document import ContentError, Document, Review, Source, load_sources
from assistant.paths import CORPUS

TOPICS = ("understanding", "symptoms", "diagnosis", "treatment", "living", "outlook")
KEYS = ("id", "topic", "question", "variants", "related", "sources", "review")
FEWEST_VARIANTS = 25
LONGEST_QUESTION = 90  # it is a button's label
FEWEST_RELATED = 2
SOURCES_FILE = "sources.yml"


@dataclass(frozen=True)
class Entry:
    """One vetted answer and the ways people ask for it.

    Attributes:
        id: Fixed name, the file's name.
        question: The canonical question, shown on buttons.
        variants: Other wordings, for training only.
        related: Ids of the next questions.
        answer: Markdown with placeholders of the site.
    """

    id: str
    topic: str
    question: str
    variants: tuple[str, ...]
    related: tuple[str, ...]
    sources: tuple[Source, ...]
    review: Review
    answer: str

    @property
    def wordings(self) -> tuple[str, ...]:
        """The canonical question and all variants."""
        return (self.question, *self.variants)


@dataclass(frozen=True)
class Corpus:
    """All entries by id, and a digest that changes with any of their files."""

    entries: dict[str, Entry]
    version: str


def load_corpus(folder: Path = CORPUS) -> Corpus:
    """Reads and checks a corpus folder.

    Args:
        folder: Holds `sources.yml` and `<topic>/<id>.md`.

    Returns:
        The corpus, entries in the order of their topics and ids.

    Raises:
        ContentError: If a file is faulty; says file, line, what was found, what is allowed.
    """
    sources_file = folder / SOURCES_FILE
    if not sources_file.is_file():
        raise ContentError(sources_file, 1, "is missing: a corpus lists its sources there")
    sources = load_sources(sources_file)
    digest = hashlib.sha256(sources_file.read_bytes())
    entries: dict[str, Entry] = {}
    documents: dict[str, Document] = {}
    askers: dict[str, str] = {}
    for file in sorted(folder.rglob("*.md"), key=lambda path: (_topic_rank(path), path.stem)):
        document = Document(file)
        entry = _entry(document, sources)
        if entry.id in entries:
            other = documents[entry.id].file
            raise document.fail("id", f"id {entry.id!r} is taken by {other}; ids are unique")
        for wording in entry.wordings:
            taken = askers.setdefault(wording.casefold(), entry.id)
            if taken != entry.id:
                raise document.fail(
                    "variants", f"{wording!r} stands in {taken!r} too; keep it in one entry"
                )
        entries[entry.id], documents[entry.id] = entry, document
        digest.update(file.read_bytes())
    if not entries:
        raise ContentError(folder, 1, "holds no entry (<topic>/<id>.md)")
    for entry in entries.values():
        for other_id in entry.related:
            if other_id not in entries or other_id == entry.id:
                raise documents[entry.id].fail(
                    "related", f"related id {other_id!r} is no other entry of this corpus"
                )
    return Corpus(entries, digest.hexdigest()[:12])


def _topic_rank(file: Path) -> int:
    topic = file.parent.name
    return TOPICS.index(topic) if topic in TOPICS else len(TOPICS)


def _entry(document: Document, sources: dict[str, Source]) -> Entry:
    document.allow(KEYS)
    file = document.file
    entry_id = document.text("id")
    if entry_id != file.stem:
        raise document.fail("id", f"id {entry_id!r} must be the file's name, {file.stem!r}")
    topic = document.choice("topic", TOPICS)
    if topic != file.parent.name:
        raise document.fail("topic", f"topic {topic!r} must be the folder, {file.parent.name!r}")
    question = document.text("question")
    if len(question) > LONGEST_QUESTION:
        raise document.fail(
            "question",
            f"question has {len(question)} characters; allowed are {LONGEST_QUESTION}",
        )
    if not document.body:
        raise document.fail(None, "the answer is missing: write it under the front matter")
    document.check_placeholders(document.body)
    return Entry(
        id=entry_id,
        topic=topic,
        question=question,
        variants=document.texts("variants", at_least=FEWEST_VARIANTS),
        related=document.texts("related", at_least=FEWEST_RELATED),
        sources=document.sources("sources", sources),
        review=document.review(),
        answer=document.body,
    )
