from collections import Counter
from dataclasses import replace

import pytest

from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.evaluation.ablation import (
    ReaderSets,
    ablation_table,
    keep_share,
    load_reader_sets,
    measure_reader,
)
from assistant.evaluation.answering import AnsweringSets
from assistant.evaluation.retraining import TrainingSet
from assistant.evaluation.shares import (
    AMONG_THREE,
    DIRECT,
    FIRST,
    FOLLOW_UPS,
    SEVERAL,
    UNCOVERED,
    WRONG,
    Share,
)
from assistant.faq.conversation import Before
from assistant.faq.evidence import FAQ
from assistant.faq.reading import Candidate, Reading
from assistant.faq.validation import Labelled
from assistant.paths import VALIDATION_DATA

WORDINGS = {
    "denosumab": [
        "what is denosumab",
        "whats xgeva for",
        "how does denosumab work",
        "what does the xgeva injection do",
        "tell me about denosumab",
        "why am I given xgeva",
    ],
    "exercise": [
        "can I exercise",
        "is swimming ok",
        "am I allowed to lift weights",
        "which sports are safe",
        "can I go to the gym",
        "is walking good for me",
    ],
    "bone-scan": [
        "what is a bone scan",
        "how long does the bone scan take",
        "what does a bone scan show",
        "is the bone scan painful",
        "why do I need a bone scan",
        "what happens at a bone scan",
    ],
}
OTHERS = [
    "where can I park",
    "a recipe for pancakes",
    "who won the football",
    "what is the capital of France",
    "how do I renew my passport",
    "best film of the year",
]
TRAINING = TrainingSet(
    tuple((text, entry) for entry, texts in WORDINGS.items() for text in texts),
    tuple((text, "out_of_scope") for text in OTHERS),
    answers={},
    questions={},
    validation=(),
)


@pytest.fixture(scope="module")
def reader():
    return TRAINING.train(get_encoder(PACKAGED_MODEL))


@pytest.fixture(scope="module")
def sets():
    return ReaderSets(
        AnsweringSets(
            (
                Labelled("what is xgeva", ("denosumab",)),
                Labelled("what is a bone scan like", ("bone-scan",)),
                Labelled("can I go swimming", ("exercise",)),
            ),
            ("how do I bake a cake",),
        ),
        (Labelled("what is denosumab? can I exercise?", ("denosumab", "exercise")),),
        ((("what is a bone scan", "what is denosumab"), "denosumab"),),
    )


def test_reader_is_measured_on_every_set(reader, sets):
    rows = measure_reader(reader.read, sets)
    assert list(rows) == [FIRST, DIRECT, WRONG, UNCOVERED, AMONG_THREE, SEVERAL, FOLLOW_UPS]
    assert [share.of for share in rows.values()] == [3, 3, 3, 1, 3, 1, 1]
    assert rows[FIRST] == rows[AMONG_THREE] == Share(3, 3)
    assert rows[FOLLOW_UPS] == Share(1, 1)


def test_a_last_turn_that_no_entry_answers_is_right_without_an_answer(sets):
    unanswered = replace(sets, follow_ups=(*sets.follow_ups, (("what is xgeva", "price"), None)))

    def answers_all(text, before=None):
        return replace(reading, answers=reading.ranking[:1])

    def answers_none(text, before=None):
        return replace(reading, answers=())

    reading = Reading(FAQ, 0.9, (), (), (Candidate("denosumab", 0.9, ""),), "")
    assert measure_reader(answers_all, unanswered)[FOLLOW_UPS] == Share(1, 2)
    assert measure_reader(answers_none, unanswered)[FOLLOW_UPS] == Share(1, 2)
    assert measure_reader(answers_none, replace(sets, follow_ups=((("a",), None),)))[
        FOLLOW_UPS
    ] == Share(1, 1)


def test_without_clause_reading_no_two_questions_are_answered(reader, sets):
    assert measure_reader(reader.read_whole, sets)[SEVERAL] == Share(0, 1)


def test_each_turn_is_read_with_the_conversation_before_it(reader, sets):
    seen = []

    def read(text, before=None):
        seen.append((text, before))
        return reader.read(text, before)

    measure_reader(read, sets)
    (first, nothing), (last, before) = seen[-2:]
    assert (first, nothing) == ("what is a bone scan", Before())
    assert (last, before.asked) == ("what is denosumab", "what is a bone scan")
    assert before.entries == ("bone-scan",)


def test_parts_that_are_left_out_do_not_speak(reader):
    without = TRAINING.train(get_encoder(PACKAGED_MODEL), {"classifier", "dense"})
    texts = ["tell me of xgeva and its jab"]
    assert not (without.rank(texts).scores == reader.rank(texts).scores).all()


@pytest.mark.parametrize(("share", "kept"), [(0.5, 3), (1.0, 6), (0.01, 2)])
def test_a_share_of_each_entrys_wordings_is_kept(share, kept):
    wordings = keep_share(TRAINING.wordings, share)
    assert Counter(entry for _, entry in wordings) == dict.fromkeys(WORDINGS, kept)
    assert set(wordings) <= set(TRAINING.wordings)


def test_the_seed_chooses_the_wordings():
    half = keep_share(TRAINING.wordings, 0.5)
    assert half == keep_share(TRAINING.wordings, 0.5)
    assert half != keep_share(TRAINING.wordings, 0.5, seed=8)


def test_table_has_a_line_for_each_variant():
    rows = {"served": {FIRST: Share(3, 4)}, "without context": {FIRST: Share(0, 0)}}
    assert ablation_table(rows).splitlines() == [
        f"| | {FIRST} |",
        "|---|---|",
        "| served | 75.0% (3/4, 19.4%-99.4%) |",
        "| without context | - |",
    ]


def test_the_splits_of_this_repository_are_read():
    sets = load_reader_sets(VALIDATION_DATA, ["denosumab"])
    assert all("denosumab" in message.entries[:1] for message in sets.answering.questions)
    assert all(len(message.entries) > 1 for message in sets.several)
    assert all(len(turns) > 1 for turns, _ in sets.follow_ups)
