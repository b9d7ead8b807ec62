import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest

from assistant.editorial.book import book_of
from assistant.editorial.importing import changes_of
from assistant.editorial.spreadsheet import write_book
from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.faq.corpus import load_corpus
from assistant.faq.document import Document, load_sources
from assistant.faq.sign_off import load_sign_offs
from assistant.paths import ADVICE, CORPUS
from assistant.red_flags.advice import read_advice

_VECTORS = {}


def encode_once(texts):
    """The packaged model's vectors; what was encoded for one test is kept for the next."""
    new = [text for text in dict.fromkeys(texts) if text not in _VECTORS]
    _VECTORS.update(zip(new, get_encoder(PACKAGED_MODEL).encode(new), strict=True))
    return np.stack([_VECTORS[text] for text in texts])


@pytest.fixture
def encode():
    """What `encode_once` does, for the checks."""
    return encode_once


@lru_cache(maxsize=1)
def _corpus():
    return load_corpus()


@lru_cache(maxsize=1)
def _exported():
    with TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.xlsx"
        sources, signed = load_sources(CORPUS / "sources.yml"), load_sign_offs(CORPUS)
        files = sorted(ADVICE.glob("*.md"))
        advice = [read_advice(Document(file), sources, signed) for file in files]
        write_book(book_of(_corpus(), advice), path)
        return path.read_bytes()


@pytest.fixture
def site(tmp_path):
    """A copy of the corpus and the advice, with what an editor does to it."""
    corpus, advice = tmp_path / "faq_corpus", tmp_path / "advice"
    shutil.copytree(CORPUS, corpus)
    shutil.copytree(ADVICE, advice, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return Site(corpus, advice, tmp_path)


class Site(SimpleNamespace):
    def __init__(self, corpus_folder, advice_folder, folder):
        super().__init__(corpus_folder=corpus_folder, advice_folder=advice_folder, folder=folder)
        self.copied_at = self.read_at = self.stamps()
        self.read = _corpus()  # the copy says the same

    def stamps(self):
        folders = (self.corpus_folder, self.advice_folder)
        files = sorted(file for folder in folders for file in folder.rglob("*.*"))
        return tuple((file, file.stat().st_mtime_ns) for file in files)

    @property
    def corpus(self):
        """As the files stand; read anew when one of them has changed."""
        stamps = self.stamps()
        if self.read_at != stamps:
            self.read_at, self.read = stamps, load_corpus(self.corpus_folder)
        return self.read

    @property
    def advice(self):
        sources = load_sources(self.corpus_folder / "sources.yml")
        signed = load_sign_offs(self.corpus_folder)
        files = sorted(self.advice_folder.glob("*.md"))
        return [read_advice(Document(file), sources, signed) for file in files]

    def export(self, name="corpus.xlsx"):
        path = self.folder / name
        if path.suffix == ".xlsx" and self.stamps() == self.copied_at:
            path.write_bytes(_exported())
        else:
            write_book(book_of(self.corpus, self.advice), path)
        return path

    def changes(self, path):
        return changes_of(
            path,
            self.corpus,
            self.advice,
            encode_once,
            self.corpus_folder,
            self.advice_folder,
        )

    def files(self):
        """All texts as they stand, to see that nothing changed."""
        folders = (self.corpus_folder, self.advice_folder)
        return {f: f.read_bytes() for folder in folders for f in folder.rglob("*.*")}
