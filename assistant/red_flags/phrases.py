"""Finding phrases in rows of words, with spaCy's PhraseMatcher."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from assistant.red_flags.tokens import UNKNOWN


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Hides installed modules from an import that only tries whether they are there.

    thinc, under spaCy, imports torch and TensorFlow if it can: seconds and hundreds of megabytes
    for a matcher that uses neither.
    """
    hidden = [name for name in modules if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


with _without("torch", "tensorflow", "mxnet", "cupy"):
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc
    from spacy.vocab import Vocab


class PhraseFinder:
    """Finds the phrases of many lists at once.

    Words that no phrase holds become one placeholder before spaCy sees them: its string store
    keeps every string for ever, and patients write new ones.

    Args:
        phrases: list id -> phrases, each a tuple of words.

    Example:
        >>> PhraseFinder({"limb": [("left", "leg")]}).find(["my", "left", "leg"])
        {'limb': [(1, 2)]}
    """

    def __init__(self, phrases: Mapping[str, Iterable[tuple[str, ...]]]) -> None:
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab)
        words: set[str] = set()
        for name, listed in phrases.items():
            docs = []
            for phrase in listed:
                words.update(phrase)
                docs.append(Doc(self._vocab, words=list(phrase)))
            if docs:
                self._matcher.add(name, docs)
        self.words: frozenset[str] = frozenset(words)

    def find(self, row: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """For each list the first and last index of every phrase found, in order."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        doc = Doc(self._vocab, words=[w if w in self.words else UNKNOWN for w in row])
        for key, start, end in self._matcher(doc):
            found[self._vocab.strings[key]].append((start, end - 1))
        return {name: sorted(set(spans)) for name, spans in found.items()}
