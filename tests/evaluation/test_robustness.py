from random import Random

import pytest

from assistant.evaluation.changes import CHANGES, PADDING_WORDS
from assistant.evaluation.robustness import (
    PADDED,
    UNCHANGED,
    PaddingError,
    Robustness,
    lost_messages,
    measure_robustness,
    quiet_paddings,
    robustness_table,
)
from assistant.evaluation.shares import Share
from assistant.red_flags import RedFlagScreen, load_lexicon


def row(text, style="plain", status="present", urgency="emergency"):
    return {
        "text": text,
        "category": "cord-compression",
        "status": status,
        "urgency": urgency,
        "style": style,
    }


ROWS = [
    row("my legs are numb since last night"),
    row("I cannot feel my feet", style="lay"),
    row("what if my legs go numb", status="asked"),
    row("this says nothing of the kind"),
]
NEAR_MISSES = ["these forms are mind-numbing", "my old knee still clicks"]
HARMLESS = ["what is denosumab for", "can I go swimming", "where do I park", "my legs are numb"]


@pytest.fixture(scope="module")
def flags():
    screen = RedFlagScreen(load_lexicon())
    return lambda text: screen.screen(text).flagged


@pytest.fixture(scope="module")
def measured(flags):
    return measure_robustness(flags, ROWS, NEAR_MISSES, HARMLESS)


def test_unchanged_messages_come_first_then_each_change(measured):
    assert [one.change for one in measured] == [UNCHANGED, *CHANGES, PADDED]


def test_shares_count_plain_emergencies_all_emergencies_and_all_mentions(measured):
    assert measured[0].plain == Share(1, 2)
    assert measured[0].emergencies == Share(2, 3)
    assert measured[0].mentions == Share(3, 4)
    assert measured[0].lost == ()


def test_padding_hides_nothing_from_the_rules_and_flags_nothing_by_itself(measured):
    assert measured[-1].mentions == measured[0].mentions
    assert measured[-1].lost == ()


def test_what_is_lost_was_flagged_before(measured):
    for one in measured:
        assert one.mentions.hits >= measured[0].mentions.hits - len(one.lost)
        assert all(lost["text"] != ROWS[3]["text"] for lost, _ in one.lost)


def test_measuring_again_gives_the_same(flags, measured):
    assert measure_robustness(flags, ROWS, NEAR_MISSES, HARMLESS) == measured


def test_a_screen_that_flags_whatever_looks_odd_is_seen_on_changed_near_misses():
    measured = measure_robustness(lambda text: not text.isascii(), ROWS, NEAR_MISSES, HARMLESS)
    by_name = {one.change: one for one in measured}
    odd = by_name["look-alike and full-width letters"]
    assert (odd.mentions, odd.near_misses, odd.lost) == (Share(4, 4), Share(2, 2), ())
    assert by_name[UNCHANGED].near_misses == by_name[PADDED].near_misses == Share(0, 2)
    heading, *lines = robustness_table(measured).splitlines()
    assert heading.endswith("harmless near misses")
    assert lines[0].endswith(str(Share(0, 2)))
    (line,) = (line for line in lines if line.startswith("look-alike"))
    assert line.endswith(str(Share(2, 2)))


def test_a_reader_of_exact_words_loses_what_is_changed():
    blind = measure_robustness(lambda text: "my legs are numb" in text, ROWS[:1], [], HARMLESS[:3])
    by_name = {one.change: one for one in blind}
    assert by_name["look-alike and full-width letters"].plain == Share(0, 1)
    assert by_name[PADDED].plain == Share(1, 1)
    table = robustness_table(blind)
    (line,) = (line for line in table.splitlines() if line.startswith("look-alike"))
    assert line.count(" 100.0 ") == 3 and line.endswith("over the bar of 1, 5")
    text = "\n".join(lost_messages(blind))
    assert "== look-alike and full-width letters, 1 lost" in text
    assert "[cord-compression present plain]" in text


def test_table_names_no_bar_where_it_is_kept():
    none = Share(0, 10)
    whole = Robustness(UNCHANGED, Share(10, 10), Share(20, 20), Share(100, 120), none)
    lost = ((row("any numbness?", status="asked"), "ayn numbnes?"),) * 5
    changed = Robustness("typos", Share(10, 10), Share(10, 20), Share(95, 120), none, lost)
    line = robustness_table([whole, changed]).splitlines()[-1]
    assert "over" not in line and f" 5.0  {none}" in line


def test_what_a_change_makes_flagged_hides_nothing_that_it_loses():
    whole = Robustness(UNCHANGED, Share(5, 10), Share(5, 10), Share(5, 10), Share(0, 0))
    lost = ((ROWS[0], "mylegs are nubm"),)
    changed = Robustness("typos", Share(9, 10), Share(9, 10), Share(9, 10), Share(0, 0), lost)
    line = robustness_table([whole, changed]).splitlines()[-1]
    assert line.count(" 20.0 ") == 3 and line.endswith("over the bar of 1, 5")


def test_paddings_are_long_enough_and_unflagged(flags):
    pads = quiet_paddings(flags, HARMLESS, Random(1), count=2)
    assert len(pads) == 2
    for before, after in pads:
        assert len(before.split()) >= PADDING_WORDS and len(after.split()) >= PADDING_WORDS
        assert not flags(f"{before}\n{after}")
        assert "numb" not in before + after


@pytest.mark.parametrize("harmless", [[], HARMLESS])
def test_nothing_to_pad_with_is_an_error_that_says_so(harmless):
    with pytest.raises(PaddingError, match=f"of {len(harmless)} harmless messages"):
        quiet_paddings(lambda text: True, harmless, Random(1))
