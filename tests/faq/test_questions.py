import pytest

from assistant.faq.questions import is_question, leans_on_last_turn, split_questions


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("what is denosumab", ["what is denosumab"]),
        ("what is denosumab? can I exercise?", ["what is denosumab?", "can I exercise?"]),
        ("whats xgeva and do i need the dentist", ["whats xgeva", "do i need the dentist"]),
        ("is it curable, how long do people live", ["is it curable", "how long do people live"]),
        ("bony mets meaning\nMRI or bone scan?", ["bony mets meaning", "MRI or bone scan?"]),
        ("is it terminal and if so how long", ["is it terminal", "if so how long"]),
        ("what is it why didn't I feel it", ["what is it", "why didn't I feel it"]),
        ("I wonder what drugs do they give", ["I wonder what drugs do they give"]),
        ("1) the jab 2) why my jaw", ["the jab", "why my jaw"]),
        ("bed, food. tips for both", ["bed", "food", "tips for both"]),
        ("fish and chips", ["fish and chips"]),
        ("", []),
    ],
)
def test_message_is_split_into_its_questions(text, parts):
    assert split_questions(text) == parts


@pytest.mark.parametrize(
    "text", ["is it safe", "and how long", "I'd like to know what helps", "xgeva?"]
)
def test_part_that_asks_is_a_question(text):
    assert is_question(text)


@pytest.mark.parametrize("text", ["I was at the dentist", "Starting Xgeva on Monday."])
def test_part_that_tells_is_none(text):
    assert not is_question(text)


@pytest.mark.parametrize(
    "text", ["and for how long?", "what about at home", "does it hurt", "the other one?"]
)
def test_elliptical_message_leans_on_the_last_turn(text):
    assert leans_on_last_turn(text)


@pytest.mark.parametrize(
    "text", ["What does denosumab do for bone metastases?", "Can people swim with bone mets"]
)
def test_full_question_stands_alone(text):
    assert not leans_on_last_turn(text)
