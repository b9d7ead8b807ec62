import unicodedata
from random import Random

import pytest

from assistant.evaluation.changes import (
    CHANGES,
    lost_blanks,
    other_letters,
    padding,
    split_lines,
    tags,
    typos,
)

STORY = (
    "Since Tuesday my mother can't feel her left leg and she says the floor is like sponge, "
    "she fell twice on the way to the bathroom and the tablets do nothing for the pain."
)


def letters(text):
    return [letter for letter in text if letter.isalpha()]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_the_same_each_time_and_changes_something(name):
    change = CHANGES[name]
    assert change(STORY, Random(3)) == change(STORY, Random(3)) != STORY


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("text", ["", "x", "fever", "38.5", "🙏", "a  b", "ß é"])
def test_a_change_bears_any_text(name, text):
    assert isinstance(CHANGES[name](text, Random(1)), str)


def test_typos_slip_once_in_eight_letters_and_move_no_word():
    changed = typos(STORY, Random(3))
    assert changed.count(" ") >= STORY.count(" ") - 1
    # A drop loses a letter; a wrong key or a swap changes one or two.
    assert len(STORY) - len(changed) <= len(letters(STORY)) // 8 + 1
    assert len(set(STORY.split()) & set(changed.split())) >= len(set(STORY.split())) // 3


def test_typos_count_in_long_texts():
    # Only dropped letters show in the length: a third of the slips, and swaps that cannot be.
    text = "a" * 8000
    dropped = len(text) - len(typos(text, Random(1)))
    assert 250 <= dropped <= 450


def test_a_third_of_the_blanks_goes_and_nothing_else():
    changed = lost_blanks(STORY, Random(3))
    assert changed.replace(" ", "") == STORY.replace(" ", "")
    assert changed.count(" ") == STORY.count(" ") - round(STORY.count(" ") / 3)
    assert lost_blanks("legs numb", Random(3)) == "legsnumb"


def test_other_letters_look_the_same_and_most_are_not_ascii():
    changed = other_letters(STORY, Random(3))
    assert len(changed) == len(STORY)
    assert sum(not letter.isascii() for letter in changed) > len(letters(STORY)) / 2
    full_width = [letter for letter in changed if unicodedata.east_asian_width(letter) == "F"]
    assert full_width and unicodedata.normalize("NFKC", full_width[0]) in STORY


def test_tags_begin_with_a_command_and_hold_all_words():
    changed = tags("my legs have gone quite numb since Monday", Random(2))
    assert changed.startswith("/ask ")
    assert "</" in changed and "&nbsp;" in changed
    for word in ("my", "legs", "numb", "Monday"):
        assert word in changed


def test_split_lines_keep_the_words_in_their_order():
    changed = split_lines(STORY, Random(3))
    assert "\n" in changed
    words = [word for word in changed.split() if word.isascii()]
    assert words == STORY.split()
    assert len(changed.split()) > len(words)


def test_padding_has_enough_words_of_whole_texts():
    pad = padding(["can I swim", "what is denosumab for"], Random(1), words=50)
    assert 50 <= len(pad.split()) <= 53
    assert set(pad.splitlines()) <= {"can I swim", "what is denosumab for"}
