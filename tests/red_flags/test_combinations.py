"""Combinations: lesser signs that together are an emergency's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assistant.red_flags import LexiconError, RedFlagScreen, load_lexicon
from assistant.red_flags.combinations import load_combinations

_LEXICON = load_lexicon()
_SCREEN = RedFlagScreen(_LEXICON)
_ALL = load_combinations(_LEXICON)
_SOUND = {
    "id": "pain-and-walking",
    "literal": "pain while walking gets worse",
    "signs": ["new-or-worse-pain", "mobility-change"],
    "raises": "cord-compression",
    "source": "christie-mscc",
    "reviewed": None,
    "match": ["one", "two"],
    "no_match": ["three", "four"],
}


def _raised(text: str) -> set[str]:
    """Combinations that fired in a message."""
    mentions = _SCREEN.screen(text).mentions
    return {f.by for m in mentions for f in m.fired if f.by.startswith("combination/")}


@pytest.mark.parametrize(
    ("one", "text"),
    [(one, text) for one in _ALL for text in one.match],
    ids=lambda part: str(part)[:40],
)
def test_signs_together_are_an_emergency(one, text) -> None:
    screening = _SCREEN.screen(text)
    assert f"combination/{one.id}" in _raised(text)
    assert screening.priority == "page"
    assert one.raises in {mention.category for mention in screening.mentions}


@pytest.mark.parametrize(
    ("one", "text"),
    [(one, text) for one in _ALL for text in one.no_match],
    ids=lambda part: str(part)[:40],
)
def test_one_sign_alone_or_denied_is_none(one, text) -> None:
    assert f"combination/{one.id}" not in _raised(text)


def test_there_are_combinations_for_cord_and_calcium() -> None:
    assert {"cord-compression", "severe-hypercalcaemia"} <= {one.raises for one in _ALL}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signs": ["headache"]}, "signs = headache"),
        ({"raises": "jaw"}, "raises = jaw"),
        ({"words": ["no-such-concept"]}, "words = no-such-concept"),
        ({"signs": ["jaw"]}, "signs = "),
        ({"match": ["one"]}, "match = 1 and 2 messages"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_faulty_combination_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    file = tmp_path / "combinations.yml"
    file.write_text(yaml.safe_dump([{**_SOUND, **change}]), encoding="utf-8")
    with pytest.raises(LexiconError, match=message):
        load_combinations(_LEXICON, file)


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "combinations.yml"
    file.write_text(yaml.safe_dump([_SOUND, _SOUND]), encoding="utf-8")
    with pytest.raises(LexiconError, match="an id twice"):
        load_combinations(_LEXICON, file)
