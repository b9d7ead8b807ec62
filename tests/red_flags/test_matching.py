"""Matching: what makes a rule weak, what silences it, and words that only look like others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.matching import Match, RuleMatcher
from assistant.red_flags.reading import Reader


@pytest.fixture(scope="module")
def find(lexicon: Lexicon) -> Callable[[str], list[Match]]:
    reader, matcher = Reader(lexicon), RuleMatcher(lexicon)
    return lambda text: matcher.find(reader.read(text))


def firm(matches: list[Match]) -> set[str]:
    return {match.rule.category for match in matches if not match.weak}


@pytest.mark.parametrize(
    "text",
    [
        "we saw a film about it last night. my legs are numb",
        "carpal tunnel since 2005, my hands are numb",
        "my toes are numb, same as always",
    ],
)
def test_words_that_soften_leave_a_weak_rule(find: Callable[[str], list[Match]], text: str) -> None:
    matches = find(text)
    assert "cord-compression" in {match.rule.category for match in matches}
    assert not firm(matches)


def test_words_that_soften_do_not_reach_two_sentences_on(
    find: Callable[[str], list[Match]],
) -> None:
    assert "cord-compression" in firm(
        find("We saw a film. It was long. The bus was late. Now my legs are numb.")
    )


def test_one_word_alone_is_weak_and_three_words_are_not(
    find: Callable[[str], list[Match]],
) -> None:
    assert not firm(find("breathless"))
    assert firm(find("short of breath")) == {"breathing-or-chest"}


@pytest.mark.parametrize(
    "text",
    [
        "I don't know who to ask",
        "they took the breast off me in 2014",
        "let me ask about the drip",
        "worn out knees",
        "they want to zap it on my hip",
        "what do these two words mean",
        "my ribs turn out to be fine",
        "lots of bloods this month",
        "i want a dentist to look me over",
        "whch cancer is most likely to end up in bone",
        "our vicar came round with a casserole",
        "it costs £38,000 and the chat is closed",
        "I keep a wee notebook of my results",
    ],
)
def test_no_firm_rule_fires_on_words_that_only_look_alike(
    find: Callable[[str], list[Match]], text: str
) -> None:
    assert not firm(find(text))


@pytest.mark.parametrize(
    "text",
    [
        "my wife doesn't know what day it is since this morning",
        "he passed out at the bus stop",
        "I have to pick up my leg with both hands",
        "falls asleep mid sentence",
        "third lot of wet sheets and he never felt it",
    ],
)
def test_a_rule_fires_where_a_thing_of_the_house_or_street_is_named(
    find: Callable[[str], list[Match]], text: str
) -> None:
    assert find(text)
