from dataclasses import replace

import pytest

from assistant.evaluation.counting import Figures
from assistant.evaluation.red_flags import (
    CATEGORY,
    EMERGENCIES,
    HARMLESS,
    MENTIONS,
    NEAR_MISSES,
    NEGATED_PAGED,
    PAGED,
    PLAIN,
    PRIORITY,
    STATUS,
    URGENCY,
    count_harmless,
    count_mentions,
    is_plain,
    labelled_mention,
    red_flag_failures,
)
from assistant.evaluation.shares import Share
from assistant.evaluation.turns import Turn


def label(text, category, status, priority, urgency="emergency", style="terse", **more):
    return {
        "text": text,
        "category": category,
        "status": status,
        "priority": priority,
        "urgency": urgency,
        "style": style,
        **more,
    }


def flag(category, status, **more):
    return {"category": category, "status": status, "words": "", **more}


def escalation(text, priority, *flags, urgency="emergency"):
    one = {"kind": "escalation", "faq": [], "red_flags": list(flags)}
    told = {**one, "priority": priority, "urgency": urgency}
    return Turn(text, (told,), (), True, recorded=True)


def answer(text):
    return Turn(text, ({"kind": "answer", "faq": [{"id": "exercise"}], "red_flags": []},), (), True)


NUMB = label("legs numb", "cord-compression", "present", "page", style="plain")
CASES = [
    (NUMB, escalation("legs numb", "page", flag("cord-compression", "present"))),
    # Found, but as denied: neither page nor the right status.
    (
        label("hip went crack today", "fracture", "present", "page", style="lay"),
        escalation("hip went crack today", "review", flag("fracture", "negated")),
    ),
    (label("cant see straight", "collapse-or-seizure", "present", "page"), answer("cant see")),
    # Another category than the labelled one, but one that is right as well.
    (
        label(
            "no fever, no chills, eating well",
            "infection",
            "negated",
            "review",
            urgency="same-day",
            also=["high-calcium-signs"],
        ),
        escalation(
            "no fever, no chills, eating well",
            "page",
            flag("fracture", "present"),
            flag("high-calcium-signs", "negated", priority="review"),
        ),
    ),
]


@pytest.fixture
def figures():
    figures = Figures()
    count_mentions(figures, CASES)
    return figures


def test_recall_counts_emergencies_plain_ones_and_all_mentions(figures):
    assert figures.rows[EMERGENCIES] == Share(2, 3)
    assert figures.rows[PLAIN] == Share(1, 1)
    assert figures.rows[MENTIONS] == Share(3, 4)


def test_recall_is_told_by_status_priority_category_and_style(figures):
    assert figures.rows["  of those present"] == Share(2, 3)
    assert figures.rows["  of those asked"] == Share(0, 0)
    assert figures.rows["  of priority page"] == Share(2, 3)
    assert figures.rows["  of category collapse-or-seizure"] == Share(0, 1)
    assert figures.rows["  of style terse"] == Share(1, 2)


def test_what_it_was_taken_for_counts_those_that_escalated(figures):
    assert figures.rows[URGENCY] == Share(2, 3)
    assert figures.rows[STATUS] == Share(2, 3)
    assert figures.rows[PRIORITY] == Share(2, 3)
    assert figures.rows[CATEGORY] == Share(3, 3)


def test_pages_count_a_missed_emergency_as_not_paged(figures):
    assert figures.rows[PAGED] == Share(1, 3)
    assert figures.rows[NEGATED_PAGED] == Share(1, 1)
    assert [row["text"] for row, _ in figures.failures[NEGATED_PAGED]] == [CASES[3][0]["text"]]


def test_an_emergency_that_staff_have_no_record_of_is_not_escalated():
    row, turn = CASES[0]
    figures = Figures()
    count_mentions(figures, [(row, replace(turn, recorded=False))])
    for name in (EMERGENCIES, PLAIN, MENTIONS, PAGED):
        assert figures.rows[name] == Share(0, 1)
    assert any("-> escalation, unrecorded page" in line for line in red_flag_failures(figures))
    assert "-> escalation, unrecorded ['cord-compression" in figures.failures_text()


def test_a_false_alarm_counts_whether_it_was_recorded_or_not():
    figures = Figures()
    alarm = replace(escalation("no numbness", "page", flag("jaw", "asked")), recorded=False)
    count_harmless(figures, [({"text": "no numbness", "kind": "settled"}, alarm)], [])
    assert figures.rows[NEAR_MISSES] == figures.rows[HARMLESS] == Share(1, 1)
    count_mentions(figures, [(label("no numbness", "jaw", "negated", "review"), alarm)])
    assert figures.rows[NEGATED_PAGED] == Share(1, 1)


def test_mention_of_the_label_goes_before_those_of_also_and_these_before_the_first():
    turn = escalation(
        "", "page", flag("jaw", "asked"), flag("infection", "past"), flag("fracture", "present")
    )
    row = label("", "fracture", "present", "page", also=["infection"])
    assert labelled_mention(row, turn)["category"] == "fracture"
    assert labelled_mention({**row, "category": "overdose"}, turn)["category"] == "infection"
    assert labelled_mention({**row, "category": "overdose", "also": []}, turn)["category"] == "jaw"


def test_an_escalation_without_mentions_is_right_in_nothing_but_its_priority():
    figures = Figures()
    count_mentions(figures, [(NUMB, escalation("legs numb", "page"))])
    assert figures.rows[STATUS] == figures.rows[CATEGORY] == Share(0, 1)
    assert figures.rows[PRIORITY] == Share(1, 1)


def test_a_row_says_itself_whether_it_is_plain():
    assert is_plain({"style": "terse", "plain": True})
    assert not is_plain({"style": "plain", "plain": False})
    assert is_plain({"style": "plain"})


def test_harmless_messages_are_counted_by_kind_and_with_all_others():
    figures = Figures()
    trap = {"text": "these forms are mind-numbing", "kind": "lexical-trap"}
    settled = {"text": "my old knee still clicks", "kind": "settled"}
    question = {"text": "can I run", "entry": "exercise"}
    count_harmless(
        figures,
        [
            (trap, escalation(trap["text"], "page", flag("cord-compression", "present"))),
            (settled, answer(settled["text"])),
        ],
        [(question, answer("can I run"))],
    )
    assert figures.rows[NEAR_MISSES] == Share(1, 2)
    assert figures.rows["  of kind lexical-trap"] == Share(1, 1)
    assert figures.rows["  of kind settled"] == Share(0, 1)
    assert figures.rows[HARMLESS] == Share(1, 3)
    lines = list(red_flag_failures(figures))
    assert lines[0] == f"{HARMLESS}, 1 wrong:"
    assert lines[1] == (
        "  [lexical-trap] 'these forms are mind-numbing' -> escalation page "
        "cord-compression present"
    )


def test_every_miss_is_listed_with_label_and_text(figures):
    lines = list(red_flag_failures(figures))
    assert f"{MENTIONS}, 1 wrong:" in lines
    assert any(line.startswith("  [collapse-or-seizure present terse] 'cant see") for line in lines)


def test_failures_file_holds_each_row_that_went_wrong(figures):
    text = figures.failures_text()
    assert f"\n== {STATUS}\n" in text and "-> escalation ['fracture negated']" in text
    assert f"== {PLAIN}" not in text
