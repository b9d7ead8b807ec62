"""Status and priority: present, past, negated, asked."""

from __future__ import annotations

import pytest

from assistant.red_flags import RedFlagScreen


@pytest.mark.parametrize(
    ("text", "status", "priority"),
    [
        # present
        ("my legs are numb", "present", "page"),
        ("I can't feel my feet", "present", "page"),
        ("I can't feel my legs ok. Hello?", "present", "page"),
        ("no feeling in my legs", "present", "page"),
        ("he is not able to walk", "present", "page"),
        ("the bleeding won't stop", "present", "page"),
        ("I don't know why but my legs are numb", "present", "page"),
        ("my legs are numb, is that normal?", "present", "page"),
        ("no pain but my legs are numb", "present", "page"),
        ("since last night I can't pee", "present", "page"),
        ("I passed out cold coming out of the shower this morning", "present", "page"),
        ("mum has a temperature", "present", "same-day"),
        ("I no longer have pain but now my feet tingle", "present", "page"),
        ("Is it usual to cough up blood? I've had it three times since supper", "present", "page"),
        # negated
        ("no numbness in my legs", "negated", "review"),
        ("my legs are not numb", "negated", "review"),
        ("no tingling, weakness or numbness in the legs", "negated", "review"),
        ("legs strong, waterworks fine", "negated", "review"),
        ("walking no worse", "negated", "review"),
        ("She hasn't got a temperature", "negated", "review"),
        ("I don't want to die", "negated", "review"),
        # past
        ("In February my thigh bone broke, they pinned it and it has healed", "past", "review"),
        ("last year my legs went numb, all better now", "past", "review"),
        ("dad fainted on Sunday, he's fine now", "past", "same-day"),
        # asked
        ("what if i cant pee", "asked", "review"),
        ("could tingling feet mean something bad?", "asked", "review"),
        ("signs of opioid overdose?", "asked", "review"),
        ("how would I know if a bone had broken?", "asked", "review"),
        ("When should I call if my usual painkillers stop working?", "asked", "review"),
        ("what if my legs go numb tonight?", "asked", "same-day"),
        ("is it wrong to want to end it all?", "asked", "same-day"),
    ],
)
def test_status_and_priority(screen: RedFlagScreen, text: str, status: str, priority: str) -> None:
    mention = screen.screen(text).mentions[0]
    assert (mention.status, mention.priority) == (status, priority)


def test_history_of_another_life_is_no_mention(screen: RedFlagScreen) -> None:
    assert not screen.screen("I broke my arm skiing in 1991").flagged


def test_history_does_not_hide_the_present(screen: RedFlagScreen) -> None:
    text = "I broke my arm in 1991. Since last night my legs are numb."
    assert screen.screen(text).priority == "page"


def test_of_several_mentions_the_highest_priority_counts(screen: RedFlagScreen) -> None:
    assert screen.screen("last year my legs were numb. today my legs are numb").priority == "page"
