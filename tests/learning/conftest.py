"""A state folder, a queue and a small corpus for each test of learning from use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.editorial.files import entry_file
from assistant.faq.corpus import SOURCES_FILE, Corpus, load_corpus
from assistant.learning.queue import ReviewQueue
from assistant.paths import CORPUS

KEPT = ("biopsy", "exercise", "denosumab")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's state folder."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("ASSISTANT_STATE", str(folder))
    return folder


@pytest.fixture
def queue(state: Path) -> ReviewQueue:
    """A queue on a real file."""
    return ReviewQueue(f"sqlite:///{state / 'review.sqlite'}")


@pytest.fixture(scope="session")
def three_entries() -> Iterator[list]:
    """Three entries of the corpus, with few wordings, that name each other."""
    entries = load_corpus().entries
    yield [
        replace(
            entries[id_],
            variants=entries[id_].variants[:25],
            related=tuple(other for other in KEPT if other != id_),
            warning_signs=next(other for other in KEPT if other != id_),
        )
        for id_ in KEPT
    ]


@pytest.fixture
def folder(tmp_path: Path, three_entries) -> Path:
    """A corpus folder of three entries."""
    folder = tmp_path / "faq_corpus"
    folder.mkdir()
    (folder / SOURCES_FILE).write_bytes((CORPUS / SOURCES_FILE).read_bytes())
    for entry in three_entries:
        (folder / entry.topic).mkdir(exist_ok=True)
        (folder / entry.topic / f"{entry.id}.md").write_text(entry_file(entry), encoding="utf-8")
    return folder


@pytest.fixture
def corpus(folder: Path) -> Corpus:
    """The corpus of three entries as loaded."""
    return load_corpus(folder)
