"""The tree of phrases finds what spaCy's matcher finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.red_flags.phrase_tree import PhraseTree
from assistant.red_flags.phrases import PhraseFinder

_WORD = st.sampled_from(["leg", "left", "numb", "gone", "x"])
_PHRASES = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.lists(st.lists(_WORD, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4),
)


@given(_PHRASES, st.lists(_WORD, max_size=12))
def test_it_finds_what_the_phrase_matcher_finds(
    phrases: dict[str, list[tuple[str, ...]]], row: list[str]
) -> None:
    unique = {name: list(dict.fromkeys(listed)) for name, listed in phrases.items()}
    assert PhraseTree(unique).find(row) == PhraseFinder(unique).find(row)


def test_nothing_is_found_in_nothing() -> None:
    assert PhraseTree({"limb": [("leg",)]}).find([]) == {}
