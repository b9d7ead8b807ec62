import json

import numpy as np

from assistant.evaluation.answering import (
    AnsweringSets,
    Decision,
    answering_rows,
    decide,
    load_answering_sets,
)
from assistant.evaluation.peers import PeerRanked
from assistant.evaluation.shares import DIRECT, FIRST, UNCOVERED, WRONG, Share
from assistant.faq.validation import Labelled

SETS = AnsweringSets(
    (
        Labelled("whats xgeva for", ("denosumab",)),
        Labelled("is it curable", ("curable", "terminal")),
        Labelled("can I run", ("exercise",)),
        Labelled("bone scan??", ("bone-scan",)),
    ),
    ("where can I park", "best pizza"),
)


def test_rows_count_right_wrong_and_silent_answers():
    rows = answering_rows(
        SETS,
        [
            Decision("denosumab", ("denosumab",)),
            Decision("terminal", ("terminal",)),  # also right
            Decision("work", ("work",)),
            Decision("bone-scan", ()),  # right, but not answered
        ],
        [Decision("work", ()), Decision("food-and-diet", ("food-and-diet",))],
    )
    assert rows == {
        FIRST: Share(3, 4),
        DIRECT: Share(2, 4),
        WRONG: Share(1, 4),
        UNCOVERED: Share(1, 2),
    }


def test_an_answer_beside_the_right_one_is_not_wrong():
    both = Decision("work", ("work", "exercise"))
    rows = answering_rows(AnsweringSets(SETS.questions[2:3], ()), [both], [])
    assert (rows[DIRECT], rows[WRONG]) == (Share(1, 1), Share(0, 1))


def test_best_entry_is_answered_from_the_threshold_on():
    ranked = PeerRanked(("a", "b"), np.array([[0.2, 0.9], [0.5, 0.1], [0.3, 0.49]]))
    assert decide(ranked, 0.5) == [Decision("b", ("b",)), Decision("a", ("a",)), Decision("b", ())]


def test_questions_on_entries_that_do_not_exist_are_left_out(tmp_path):
    questions = [
        {"text": "whats xgeva for", "entry": "denosumab", "also_ok": ["bisphosphonates"]},
        {"text": "what is that", "entry": "not-written"},
    ]
    lines = "\n".join(map(json.dumps, questions))
    (tmp_path / "faq.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "uncovered.jsonl").write_text('{"text": "best pizza"}', encoding="utf-8")
    sets = load_answering_sets(tmp_path, {"denosumab"})
    assert sets.questions == (Labelled("whats xgeva for", ("denosumab", "bisphosphonates")),)
    assert sets.uncovered == ("best pizza",)
