"""The reader on a small corpus of its own: choices, rejections, several questions, no labels."""

import pytest

from assistant.encoder import get_encoder
from assistant.faq.conversation import Before
from assistant.faq.evidence import FAQ
from assistant.faq.reader import QuestionReader
from assistant.faq.reading import ADVICE, UNSURE, Candidate, Scored
from assistant.faq.validation import Labelled

WORDINGS = {
    "denosumab": ["What is denosumab?", "xgeva jab", "how does the bone injection work",
                  "denosumab every four weeks", "is xgeva a chemo", "what is the bone jab for"],
    "mri-scan": ["What does an MRI show?", "mri scan of my spine", "why an MRI and not an x-ray",
                 "the noisy tunnel scan", "how long am I in the MRI tube", "mri whats that"],
    "exercise": ["Can I exercise?", "is it ok to swim", "gym with bone mets",
                 "may I go for walks", "which sport is safe", "should bones be moved"],
}  # fmt: skip
OTHER = ["what does parking cost", "tell me a joke", "my laptop is broken", "train times to Leeds",
         "how do I bake bread", "who won the match"]  # fmt: skip
VALIDATION = [
    Labelled("wats xgeva", ("denosumab",)),
    Labelled("the injection for bones, how does it work", ("denosumab",)),
    Labelled("what can they see on the mri", ("mri-scan",)),
    Labelled("tunnel scan of the spine", ("mri-scan",)),
    Labelled("can i go swimming", ("exercise",)),
    Labelled("are walks safe", ("exercise",)),
    Labelled("bus times", ()),
    Labelled("a recipe for bread", ()),
    Labelled("say something funny", ()),
    Labelled("who won the football", ()),
]


@pytest.fixture(scope="module")
def examples():
    pairs = [(text, f"faq/{id_}") for id_, texts in WORDINGS.items() for text in texts]
    return pairs + [(text, "out_of_scope") for text in OTHER]


@pytest.fixture(scope="module")
def reader(examples):
    questions = {id_: texts[0] for id_, texts in WORDINGS.items()}
    return QuestionReader.train(get_encoder(), examples, VALIDATION, questions=questions)


def ids(candidates):
    return [candidate.id for candidate in candidates]


def test_choice_is_answered_with_what_was_shown(reader):
    before = Before("scan?", (), (), ("What is denosumab?", "What does an MRI show?"), True)
    reading = reader.read("the second one", before)
    assert (reading.intent, ids(reading.answers)) == (FAQ, ["mri-scan"])
    assert reading.asked == "What does an MRI show?"


def test_other_choices_stay_at_hand_for_who_picked_the_wrong_one(reader):
    shown = ("Can I exercise?", "What is denosumab?", "What does an MRI show?")
    second = reader.read("the second one", Before("it", (), (), shown, True))
    assert ids(second.answers) == ["denosumab"]
    assert ids(second.ranking)[:3] == ["denosumab", "exercise", "mri-scan"]
    # Below the answer stand its next questions: "the first one" is not the first of those.
    related = Before(second.asked, ("denosumab",), tuple(ids(second.ranking)), shown[2:])
    for message in ("no, the first one", "No I meant the first one"):
        reading = reader.read(message, related)
        assert reading.rejects and ids(reading.offered)[:2] == ["exercise", "mri-scan"]
    assert ids(reader.read("the first one", related).answers) == ["mri-scan"]


def test_what_was_meant_instead_is_answered_and_the_first_answer_is_not_repeated(reader):
    before = Before("the scan", ("mri-scan",), ("mri-scan", "denosumab"))
    reading = reader.read("no, I meant the bone injection", before)
    assert reading.rejects
    assert "mri-scan" not in ids((*reading.answers, *reading.offered))
    assert "denosumab" in ids((*reading.answers, *reading.offered))


def test_rejection_without_other_words_offers_what_came_next(reader):
    before = Before("the scan", ("mri-scan",), ("mri-scan", "denosumab", "exercise"))
    reading = reader.read("that's not what I asked", before)
    assert (reading.intent, ids(reading.offered)) == (UNSURE, ["denosumab", "exercise"])
    assert reading.rejects


def test_no_to_all_choices_asks_for_other_words(reader):
    before = Before("scan", (), ("mri-scan",), ("What does an MRI show?",), True)
    assert reader.read("none of those", before).intent == "deny"


def test_repeated_question_is_answered_again(reader):
    first = reader.read("What is denosumab?")
    before = Before(first.asked, ("denosumab",), ("denosumab",))
    assert ids(reader.read("What is denosumab?", before).answers) == ["denosumab"]


def test_without_validation_the_examples_are_held_out_in_turn(examples):
    reader = QuestionReader.train(get_encoder(), examples, ())
    ranked = reader.rank(["wats xgeva", "swimming ok?"])
    assert [ranked.ids[column] for column in ranked.scores.argmax(axis=1)] == [
        "denosumab",
        "exercise",
    ]
    assert ((ranked.confidence >= 0) & (ranked.confidence <= 1)).all()


def test_one_wording_an_entry_is_enough_to_rank():
    pairs = [(texts[0], f"faq/{id_}") for id_, texts in WORDINGS.items()]
    answers = {"exercise": "Swimming and walking keep the bones strong."}
    ranked = QuestionReader.train(get_encoder(), pairs, (), answers).rank(["swimming"])
    assert ranked.ids[int(ranked.scores.argmax())] == "exercise"


@pytest.mark.parametrize(("second", "intent"), [(0.55, UNSURE), (0.45, FAQ)])
def test_near_tie_is_offered(reader, second, intent):
    ranking = (Candidate("mri-scan", 0.6, "scan"), Candidate("exercise", second, "scan"))
    assert reader._decide(Scored("scan", ranking, ADVICE, 0.1, 0.1), 0.5, 0.1).intent == intent


@pytest.mark.parametrize(("advice", "intent"), [(0.9, ADVICE), (0.1, FAQ)])
def test_entry_beside_a_personal_decision_is_what_that_is_about(
    reader, monkeypatch, advice, intent
):
    best = Candidate("exercise", 0.9, "swimming")
    whole = Scored("is swimming right for me", (best,), ADVICE, advice, advice)
    monkeypatch.setattr(reader._scorer, "score", lambda texts: [whole])
    monkeypatch.setattr(reader._several, "read", lambda *_: ((best,), (ADVICE,)))
    assert reader.read(whole.text).intent == intent


@pytest.mark.parametrize("services", [(), ("admin",)])
def test_personal_decision_among_several_answers_is_declined_beside_them(
    reader, monkeypatch, services
):
    both = (Candidate("exercise", 0.4, "swim"), Candidate("denosumab", 0.3, "jab"))
    whole = Scored("should I swim or stop the jab", both, ADVICE, 0.9, 0.9)
    monkeypatch.setattr(reader._scorer, "score", lambda texts: [whole])
    monkeypatch.setattr(reader._several, "read", lambda *_: (both, services))
    assert reader.read(whole.text).services == (*services, ADVICE)


def test_saved_reader_reads_the_same(reader, tmp_path):
    reader.save(tmp_path)
    loaded = QuestionReader.load(tmp_path, get_encoder())
    for text in ("wats xgeva", "bus times"):
        assert loaded.read(text) == reader.read(text)
