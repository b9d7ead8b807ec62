"""The English word list that is shipped inside symspellpy, read without importing the package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_WORD_LIST = "frequency_dictionary_en_82_765.txt"


@lru_cache(maxsize=1)
def english_counts() -> Mapping[str, int]:
    """English words, and how often each stands in the corpus that they were counted in.

    Raises:
        RuntimeError: the package symspellpy is missing.
    """
    spec = find_spec("symspellpy")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package symspellpy is missing: its word list is needed")
    text = (Path(spec.origin).parent / _WORD_LIST).read_text(encoding="utf-8-sig")
    pairs = (line.split(" ", 1) for line in text.splitlines() if line)
    return {word: int(count) for word, count in pairs}


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """The words alone."""
    return frozenset(english_counts())
