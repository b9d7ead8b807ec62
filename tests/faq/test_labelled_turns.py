from assistant.faq.labelled_turns import labelled_turns
from assistant.faq.validation import Conversation


def test_a_turn_that_no_entry_answers_has_no_right_answer():
    asked = Conversation(
        ("what is xgeva", "who makes it", "and is it once a month"),
        ("denosumab", None, "denosumab"),
    )
    maker, monthly = labelled_turns([asked], [])
    assert maker.entries == ()
    assert maker.before.entries == ("denosumab",)
    assert monthly.entries == ("denosumab",)
    assert monthly.before.entries == ()  # nothing was answered just before
