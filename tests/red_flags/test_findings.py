"""Findings: where a category is seen, and which words around it tell its status."""

from __future__ import annotations

import pytest

from assistant.red_flags import load_lexicon
from assistant.red_flags.findings import NEAR, RuleFinder, surroundings
from assistant.red_flags.reading import Reader

_LEXICON = load_lexicon()
_READER, _RULES = Reader(_LEXICON), RuleFinder(_LEXICON)
_STORY = "The nurse on the ward was kind and brought me tea with two sugars every day. " * 6


def test_a_finding_names_the_rules_and_the_words() -> None:
    (finding,) = [f for f in _RULES.find(_READER.read("My legs are NUMB!")) if not f.weak]
    assert (finding.category, finding.words) == ("cord-compression", "legs are NUMB")
    assert all(fired.threshold is None for fired in finding.fired)


def test_a_short_message_tells_its_status_as_a_whole() -> None:
    text = "It is fine now. My legs were numb. Thank you."
    assert surroundings(_READER.read(text), 20, 34) == (0, len(text))


def test_in_a_long_message_the_sentences_around_tell_it() -> None:
    text = f"{_STORY}We had fish. My legs went numb. It passed by noon. {_STORY}"
    start = text.index("My legs")
    first, last = surroundings(_READER.read(text), start, start + 15)
    around = text[first:last]
    assert "We had fish" in around and "passed by noon" in around
    assert len(around) < NEAR


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("I have full feeling in both feet", {"negated"}),
        ("I've not keeled over once since I started with you", {"negated"}),
        ("I have full feeling in both hands but my legs are numb", {"present"}),
    ],
)
def test_a_weak_rule_does_not_see_a_sign_in_a_denial(text: str, seen: set[str]) -> None:
    found = _RULES.find(_READER.read(text))
    assert {finding.verdicts[0].status for finding in found} == seen


def test_two_places_far_apart_are_two_findings() -> None:
    text = f"My legs are not numb. {_STORY} Since last night my legs are numb."
    found = [f for f in _RULES.find(_READER.read(text)) if f.category == "cord-compression"]
    assert {f.verdicts[0].status for f in found} == {"negated", "present"}


@pytest.mark.parametrize("text", ["", "?", "good morning"])
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert _RULES.find(_READER.read(text)) == []
