import pytest

from assistant.dialogue.plan import MOST_ANSWERS, plan

ANSWERS = ["utter_faq/denosumab", "utter_faq/terminal", "utter_faq/exercise", "utter_faq/curable"]


@pytest.mark.parametrize(
    ("flagged", "answers", "actions"),
    [
        (True, [], ["action_escalate", "utter_red_flag"]),
        (True, ANSWERS[:2], ["action_escalate", "utter_red_flag", *ANSWERS[:2]]),
        (False, ANSWERS[:2], ANSWERS[:2]),
        (False, ANSWERS[:1], []),
        (False, [], []),
    ],
)
def test_red_flags_come_first_and_ordinary_turns_are_left_to_rules(flagged, answers, actions):
    assert plan(flagged, answers) == actions


def test_no_turn_is_longer_than_rasa_allows():
    assert len(plan(True, ANSWERS)) == 2 + MOST_ANSWERS < 10
