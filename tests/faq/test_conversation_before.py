"""Short messages that only mean something beside what was shown before them."""

import pytest

from assistant.faq.conversation import opens_with_no, picked, picks_none

CHOICES = ["What is an MRI?", "What is a CT?", "What is a PET?"]


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("1", 0), ("2.", 1), ("number 3 please", 2), ("the second one", 1), ("2nd", 1),
        ("yes the first one please", 0), ("The last one", 2), ("option b", 1), ("third", 2),
        ("I want the middle one", 1), ("yes", 0), ("Yes please!", 0), ("that one", 0),
    ],
)  # fmt: skip
def test_short_message_picks_a_choice(message, number):
    assert picked(message, CHOICES) == [CHOICES[number]]


@pytest.mark.parametrize(
    "message",
    ["my second scan is on Monday", "is it 2 weeks", "4", "what is a CT", "", "first I felt sick"],
)
def test_other_message_picks_none(message):
    assert picked(message, CHOICES) == []


def test_all_of_them_may_be_picked():
    assert picked("both please", CHOICES[:2]) == CHOICES[:2]


def test_yes_below_an_answer_picks_nothing_but_a_number_does():
    assert picked("yes", CHOICES, which_asked=False) == []
    assert picked("2", CHOICES, which_asked=False) == [CHOICES[1]]


def test_nothing_is_picked_where_nothing_was_shown():
    assert picked("2", []) == []


@pytest.mark.parametrize("message", ["no", "neither", "None of those, thanks", "not that"])
def test_choices_are_turned_down(message):
    assert picks_none(message)


def test_no_with_more_words_is_read():
    assert not picks_none("no, I meant the CT")


@pytest.mark.parametrize("message", ["No, the first one", "nope. that one", "no i meant the last"])
def test_no_may_stand_before_a_choice(message):
    assert opens_with_no(message)


@pytest.mark.parametrize("message", ["no 2", "No. 3 please", "none of them", "now the first"])
def test_number_and_other_words_are_no_no(message):
    assert not opens_with_no(message)
