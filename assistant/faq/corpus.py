"""Corpus files to entries: the one loader of `faq_corpus/`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.faq.document import ContentError, Document, Review, Source, load_sources
from assistant.faq.sign_off import LOG, SignOff, confirmed, digest_of_text, load_sign_offs
from assistant.paths import CORPUS

TOPICS = ("understanding", "symptoms", "diagnosis", "treatment", "living", "outlook")
KEYS = ("id", "topic", "question", "variants", "related", "sources", "review")
OPTIONAL_KEYS = ("warning_signs",)
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
        warning_signs: Id of the entry with the emergency advice, on answers next to red flags.
        answer: Markdown with placeholders of the site.
    """

    id: str
    topic: str
    question: str
    variants: tuple[str, ...]
    related: tuple[str, ...]
    warning_signs: str | None
    sources: tuple[Source, ...]
    review: Review
    answer: str

    @property
    def digest(self) -> str:
        """The hash that a signature stands for."""
        return digest_of_text(self.question, self.answer, self.sources)

    @property
    def named(self) -> list[tuple[str, str]]:
        """The other entries that it names, each with the key that names it."""
        signs = [("warning_signs", self.warning_signs)] if self.warning_signs else []
        return [*(("related", id_) for id_ in self.related), *signs]

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
    sources, sign_offs = load_sources(sources_file), load_sign_offs(folder)
    digest = hashlib.sha256(sources_file.read_bytes())
    if (folder / LOG).is_file():
        digest.update((folder / LOG).read_bytes())
    entries: dict[str, Entry] = {}
    documents: dict[str, Document] = {}
    askers: dict[str, str] = {}
    for file in sorted(folder.rglob("*.md"), key=lambda path: (_topic_rank(path), path.stem)):
        document = Document(file)
        entry = read_entry(document, sources, sign_offs)
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
        for key, other_id in entry.named:
            if other_id not in entries or other_id == entry.id:
                raise documents[entry.id].fail(
                    key, f"{key} id {other_id!r} is no other entry of this corpus"
                )
    return Corpus(entries, digest.hexdigest()[:12])


def _topic_rank(file: Path) -> int:
    topic = file.parent.name
    return TOPICS.index(topic) if topic in TOPICS else len(TOPICS)


def read_entry(
    document: Document, sources: dict[str, Source], sign_offs: Sequence[SignOff] = ()
) -> Entry:
    """Reads one entry; what it says of other entries is checked by `load_corpus`.

    Args:
        document: The entry's file.
        sources: All sources that it may name.
        sign_offs: The log that its review state must agree with.

    Raises:
        ContentError: If the file is faulty.
    """
    document.allow(KEYS, OPTIONAL_KEYS)
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
        raise document.fail(None, "the answer is missing")
    document.check_placeholders(document.body)
    entry = Entry(
        id=entry_id,
        topic=topic,
        question=question,
        variants=document.texts("variants", at_least=FEWEST_VARIANTS),
        related=document.texts("related", at_least=FEWEST_RELATED),
        warning_signs=document.text("warning_signs") if document.has("warning_signs") else None,
        sources=document.sources("sources", sources),
        review=document.review(),
        answer=document.body,
    )
    return replace(entry, review=confirmed(entry.review, entry.id, entry.digest, sign_offs))
