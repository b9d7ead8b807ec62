"""A message in the light of the question before it, with a judge fitted on a few conversations."""

import pytest

from assistant.encoder import get_encoder
from assistant.faq.conversation import Before
from assistant.faq.evidence import FAQ
from assistant.faq.reader import QuestionReader
from assistant.faq.validation import Conversation, Labelled

WORDINGS = {
    "denosumab": ["What is denosumab?", "xgeva jab", "how does the bone injection work",
                  "denosumab every four weeks", "is xgeva a chemo", "what is the bone jab for"],
    "jaw-care": ["Why do I need the dentist?", "teeth out while on the jab", "jaw bone trouble",
                 "dentures and the jaw", "what has my jaw to do with it", "gum infection"],
    "mri-scan": ["What does an MRI show?", "mri scan of my spine", "why an MRI and not an x-ray",
                 "the noisy tunnel scan", "how long am I in the MRI tube", "mri whats that"],
    "exercise": ["Can I exercise?", "is it ok to swim", "gym with bone mets",
                 "may I go for walks", "which sport is safe", "should bones be moved"],
}  # fmt: skip
OTHER = ["what does parking cost", "tell me a joke", "my laptop is broken", "train times to Leeds",
         "how do I bake bread", "who won the match"]  # fmt: skip
NEIGHBOURS = {"denosumab": ("jaw-care",), "mri-scan": ("exercise",), "exercise": (), "jaw-care": ()}
VALIDATION = [
    Labelled("wats xgeva", ("denosumab",)),
    Labelled("my teeth and jaw", ("jaw-care",)),
    Labelled("what can they see on the mri", ("mri-scan",)),
    Labelled("can i go swimming", ("exercise",)),
    Labelled("bus times", ()),
    Labelled("a recipe for bread", ()),
    Labelled("say something funny", ()),
    Labelled("who won the football", ()),
]
CONVERSATIONS = [
    Conversation(("what is the bone jab for", "and for how long"), ("denosumab", "denosumab")),
    Conversation(("xgeva jab", "is it painful"), ("denosumab", "denosumab")),
    Conversation(("what is xgeva", "what do my teeth have to do with that"),
                 ("denosumab", "jaw-care")),
    Conversation(("mri of the spine", "how long does it take"), ("mri-scan", "mri-scan")),
    Conversation(("why an MRI", "is it loud"), ("mri-scan", "mri-scan")),
    Conversation(("what does the mri show", "may I swim after it"), ("mri-scan", "exercise")),
    Conversation(("can I go to the gym", "how often"), ("exercise", "exercise")),
]  # fmt: skip


def trained(neighbours):
    examples = [(text, f"{FAQ}/{id_}") for id_, texts in WORDINGS.items() for text in texts]
    return QuestionReader.train(
        get_encoder(),
        [*examples, *((text, "out_of_scope") for text in OTHER)],
        VALIDATION,
        questions={id_: texts[0] for id_, texts in WORDINGS.items()},
        neighbours=neighbours,
        conversations=CONVERSATIONS,
    )


@pytest.fixture(scope="module")
def reader():
    return trained(NEIGHBOURS)


def first(reading):
    return reading.ranking[0].id


def test_message_without_a_name_stays_with_the_last_entry(reader):
    for entry, asked in (("denosumab", "xgeva jab"), ("mri-scan", "mri scan of my spine")):
        assert first(reader.read("and how long for?", Before(asked, (entry,), (entry,)))) == entry


def test_message_that_names_another_entry_leaves_the_last_one(reader):
    before = Before("xgeva jab", ("denosumab",), ("denosumab",))
    assert first(reader.read("why an MRI and not an x-ray", before)) == "mri-scan"


def test_what_the_last_entry_names_as_next_is_likelier_than_without(reader):
    before = Before("xgeva jab", ("denosumab",), ("denosumab",))
    message = "and the mouth?"

    def share(one):
        ranking = one.read(message, before).ranking
        return next((entry.score for entry in ranking if entry.id == "jaw-care"), 0.0)

    assert share(reader) > share(trained({}))


def test_what_was_trained_is_kept(reader, tmp_path):
    reader.save(tmp_path)
    before = Before("xgeva jab", ("denosumab",), ("denosumab",))
    loaded = QuestionReader.load(tmp_path, get_encoder())
    for message in ("and how long for?", "and the mouth?"):
        assert loaded.read(message, before).ranking == reader.read(message, before).ranking
