import json

from assistant.evaluation.figures import UNASKED, measure
from assistant.evaluation.red_flags import HARMLESS
from assistant.evaluation.shares import FOLLOW_UPS, Share
from assistant.evaluation.turns import Turn
from assistant.faq.corpus import load_corpus

SETS = (
    "red_flags", "harmless", "faq", "uncovered", "personal_advice", "service", "several",
    "follow_up",
)  # fmt: skip
ASKED = "what is denosumab"


def turn(kind, *entries):
    told = {"kind": kind, "faq": [{"id": id_} for id_ in entries], "red_flags": []}
    return Turn("", (told,), entries, True)


class Scripted:
    """Answers the messages that it knows; it stands for a trained bot."""

    def __init__(self, **turns):
        self._turns = {ASKED: turn("answer", "denosumab"), **turns}

    def converse(self, conversations):
        return [[self._turns[text] for text in texts] for texts in conversations]


def measured(tmp_path, bot, **sets):
    for name in SETS:
        lines = "".join(json.dumps(row) + "\n" for row in sets.get(name, ()))
        (tmp_path / f"{name}.jsonl").write_text(lines)
    return measure(bot, load_corpus(), tmp_path)


def talk(last, entry):
    return {"turns": [ASKED, last], "entries": ["denosumab", entry]}


def test_a_follow_up_that_nothing_answers_is_right_without_an_answer(tmp_path):
    bot = Scripted(
        monthly=turn("answer", "denosumab"),
        teeth=turn("answer", "denosumab"),
        parking=turn("fallback"),
        price=turn("answer", "denosumab"),
        maker=turn("clarify", "denosumab"),
    )
    figures = measured(
        tmp_path,
        bot,
        follow_up=[
            talk("monthly", "denosumab"),
            talk("teeth", "jaw-and-dental-care"),
            talk("parking", None),
            talk("price", None),
            talk("maker", None),
        ],
    )
    assert figures.rows[FOLLOW_UPS] == Share(3, 5)
    assert figures.rows["  of those that an entry answers"] == Share(1, 2)
    assert figures.rows["  of those that none answers"] == Share(2, 3)
    wrong = [row["turns"][-1] for row, _ in figures.failures[FOLLOW_UPS]]
    assert wrong == ["teeth", "price"]


def test_silence_and_a_false_alarm_are_no_right_answers_where_there_is_none(tmp_path):
    bot = Scripted(parking=Turn("", (), (), False), price=turn("escalation"))
    figures = measured(tmp_path, bot, follow_up=[talk("parking", None), talk("price", None)])
    assert figures.rows[FOLLOW_UPS] == Share(0, 2)


def test_false_alarms_count_among_several_questions_and_follow_ups_too(tmp_path):
    figures = measured(
        tmp_path,
        Scripted(both=turn("escalation"), price=turn("escalation"), teeth=turn("fallback")),
        several=[{"text": "both", "entries": ["denosumab", "exercise"]}],
        follow_up=[talk("price", None), talk("teeth", "jaw-and-dental-care")],
    )
    assert figures.rows[HARMLESS] == Share(2, 3)


def test_silence_counts_in_every_turn_of_a_conversation(tmp_path):
    bot = Scripted(**{ASKED: Turn("", (), (), False)}, monthly=turn("answer", "denosumab"))
    figures = measured(tmp_path, bot, follow_up=[talk("monthly", "denosumab")])
    assert figures.rows["turns without reply or object"] == Share(1, 2)


def test_an_answer_that_nobody_asked_for_counts_beside_a_right_one(tmp_path):
    bot = Scripted(
        xgeva=turn("answer", "denosumab", "exercise"),
        zometa=turn("answer", "denosumab"),
        both=turn("answer", "denosumab", "exercise"),
        three=turn("answer", "denosumab", "exercise", "bone-scan"),
        swimming=turn("answer", "denosumab", "exercise"),
        price=turn("answer", "denosumab"),
        unsure=turn("clarify", "bone-scan"),
    )
    either = {"entry": "bisphosphonates", "also_ok": ["denosumab"]}
    figures = measured(
        tmp_path,
        bot,
        faq=[
            {"text": "xgeva", "entry": "denosumab", "also_ok": []},
            {"text": "zometa", **either},
            {"text": "unsure", **either},
        ],
        several=[
            {"text": text, "entries": ["denosumab", "exercise"]} for text in ("both", "three")
        ],
        follow_up=[talk("swimming", "exercise"), talk("price", None)],
    )
    assert figures.rows[UNASKED] == Share(3, 6)
    unasked = [row.get("text") or row["turns"][-1] for row, _ in figures.failures[UNASKED]]
    assert unasked == ["xgeva", "three", "swimming"]
