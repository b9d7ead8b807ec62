"""The tree of phrases finds what a search for each phrase finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.red_flags.phrase_tree import PhraseTree

_WORD = st.sampled_from(["leg", "left", "numb", "gone", "x"])
_PHRASES = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.lists(st.lists(_WORD, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4),
)


@given(_PHRASES, st.lists(_WORD, max_size=12))
def test_it_finds_what_a_search_for_each_phrase_finds(
    phrases: dict[str, list[tuple[str, ...]]], row: list[str]
) -> None:
    expected = {}
    for name, listed in phrases.items():
        spans = {
            (start, start + len(phrase) - 1)
            for phrase in listed
            for start in range(len(row))
            if tuple(row[start : start + len(phrase)]) == phrase
        }
        if spans:
            expected[name] = sorted(spans)
    assert PhraseTree(phrases).find(row) == expected


def test_nothing_is_found_in_nothing() -> None:
    assert PhraseTree({"limb": [("leg",)]}).find([]) == {}
