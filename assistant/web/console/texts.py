"""The texts that patients read, as their files stand, for the page that shows and signs them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.faq.corpus import Corpus, Entry, load_corpus
from assistant.faq.document import Review
from assistant.faq.sign_off import LOG, SignOff, load_sign_offs
from assistant.paths import ADVICE, CORPUS

if TYPE_CHECKING:  # with it comes spaCy: seconds and memory that most pages do without
    from assistant.red_flags.advice import Advice


class TextChangedError(Exception):
    """A text is no longer what somebody was shown."""


@dataclass(frozen=True)
class Text:
    """An answer or the advice of a category.

    Attributes:
        id: An entry's, or `advice/<category>`.
        title: The question, or what the advice is about.
        body: Markdown with placeholders, as it is signed.
        sources: As a patient reads them.
        review: Its state.
        digest: The hash that a signature stands for.
        signatures: Of the log, oldest first.
    """

    id: str
    title: str
    body: str
    sources: tuple[str, ...]
    review: Review
    digest: str
    signatures: tuple[SignOff, ...] = field(default=())

    @property
    def changed_since(self) -> SignOff | None:
        """The last signature, where it was for other words."""
        last = self.signatures[-1] if self.signatures else None
        return last if last is not None and last.sha256 != self.digest else None


class Texts:
    """Reads the texts, anew only when a file has changed.

    Args:
        corpus: Folder of the entries and the log of signatures.
        advice: Folder of the advice.
    """

    def __init__(self, corpus: Path = CORPUS, advice: Path = ADVICE) -> None:
        self._folders = corpus, advice
        self._lock = threading.Lock()
        self._read: tuple[object, Corpus, Sequence[Advice], list[Text]] | None = None

    @property
    def all(self) -> list[Text]:
        """All of them, answers first.

        Raises:
            ContentError: If a file is faulty.
        """
        return self._current()[3]

    @property
    def corpus(self) -> Corpus:
        """The answers.

        Raises:
            ContentError: If a file is faulty.
        """
        return self._current()[1]

    def sign(self, text_id: str, digest: str, by: str, due: dt.date, on: dt.date) -> SignOff:
        """Signs a text, if it is still what was shown.

        Args:
            text_id: Of the text.
            digest: Of what the person has read.
            by: Name and profession.
            due: The day by which it must be read again.
            on: Today.

        Raises:
            SigningError: If there is no such text, or it cannot be signed so.
            TextChangedError: If it has changed since it was shown.
            ContentError: If a file is faulty.
        """
        from assistant.editorial.signing import find_text, sign

        _, corpus, advice, _ = self._current()
        text = find_text(text_id, corpus, advice)
        if text.digest != digest:
            raise TextChangedError(text_id)
        return sign(text, by, on, due, *self._folders)

    def _current(self) -> tuple[object, Corpus, Sequence[Advice], list[Text]]:
        with self._lock:
            state = _state(*self._folders)
            if self._read is None or self._read[0] != state:
                corpus, advice = load_corpus(self._folders[0]), _advice(*self._folders)
                signed = load_sign_offs(self._folders[0])
                both: list[Entry | Advice] = [*corpus.entries.values(), *advice]
                texts = [_text(one, signed) for one in both]
                self._read = state, corpus, advice, texts
            return self._read


def _advice(corpus: Path, advice: Path) -> Sequence[Advice]:
    from assistant.red_flags.advice import load_advice

    load_advice.cache_clear()
    return list(load_advice(advice, corpus).values())


def _text(one: Entry | Advice, signed: Sequence[SignOff]) -> Text:
    text_id = one.id if isinstance(one, Entry) else one.text_id
    return Text(
        text_id,
        one.question if isinstance(one, Entry) else one.title,
        one.answer if isinstance(one, Entry) else one.body,
        tuple(source.shown for source in one.sources),
        one.review,
        one.digest,
        tuple(each for each in signed if each.text == text_id),
    )


def _state(*folders: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file does."""
    files = [
        file
        for folder in folders
        for pattern in ("**/*.md", "*.yml", LOG)
        for file in folder.glob(pattern)
    ]
    found = [(str(file), file.stat()) for file in sorted(files)]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
