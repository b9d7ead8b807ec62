import json

from assistant.evaluation.figures import measure
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
    """Answers the last messages that it knows; it stands for a trained bot."""

    def __init__(self, **turns):
        self._turns = turns

    def converse(self, conversations):
        return [self._turns[turns[-1]] for turns in conversations]


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
