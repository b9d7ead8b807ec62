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


def test_decline_follows_the_answer_that_came_with_it():
    assert plan(False, ANSWERS[:1], ["utter_decline"]) == [ANSWERS[0], "utter_decline"]


def test_nothing_is_declined_beside_a_red_flag():
    assert "utter_decline" not in plan(True, ANSWERS[:1], ["utter_decline"])


def test_while_a_person_answers_the_assistant_only_screens():
    assert plan(False, ANSWERS, ["utter_decline"], taken_over=True) == ["utter_passed_to_staff"]
    flagged = plan(True, ANSWERS, taken_over=True)
    assert flagged == ["action_escalate", "utter_red_flag", "utter_passed_to_staff"]


def test_service_alone_is_left_to_the_rules():
    assert plan(False, [], ["utter_decline"]) == []


def test_patient_is_asked_for_a_number_after_advice_and_answers():
    planned = plan(True, ANSWERS[:1], [], ["utter_ask_contact"])
    assert planned == ["action_escalate", "utter_red_flag", ANSWERS[0], "utter_ask_contact"]


def test_thanks_for_a_number_is_a_turn_of_its_own():
    assert plan(False, [], [], ["utter_contact_kept"]) == ["utter_contact_kept"]
