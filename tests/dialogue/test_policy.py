"""TurnPolicy predicts the plan step by step, and abstains from what rules decide."""

import pytest
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered

from assistant.dialogue import screening
from assistant.dialogue.policy import TurnPolicy
from assistant.dialogue.turn import raised_turn

NUMB = "my legs have gone numb since last night"
DENOSUMAB = ("denosumab", "what is denosumab?")


@pytest.fixture(scope="module")
def policy(agent):
    nodes = agent.processor.graph_runner._instantiated_nodes
    return next(
        node._component for node in nodes.values() if isinstance(node._component, TurnPolicy)
    )


@pytest.fixture
def next_action(agent, policy):
    def predict(tracker):
        prediction = policy.predict_action_probabilities(tracker, agent.domain)
        if not any(prediction.probabilities):
            assert not prediction.is_no_user_prediction  # it would silence the rules
            return None
        assert prediction.is_no_user_prediction  # priority alone loses to a form
        return agent.domain.action_names_or_texts[prediction.max_confidence_index]

    return predict


def test_red_flag_plans_the_whole_turn(conversation, next_action):
    done = []
    for expected in ["action_escalate", "utter_red_flag", "utter_faq/denosumab", "action_listen"]:
        text = f"what is denosumab? {NUMB}"
        assert next_action(conversation(text, answers=[DENOSUMAB], done=done)) == expected
        done.append(expected)


def test_answer_to_the_symptom_itself_is_dropped(conversation, next_action):
    about_it = ("spinal-cord-compression", NUMB)
    done = ["action_escalate", "utter_red_flag"]
    assert next_action(conversation(NUMB, answers=[about_it], done=done)) == "action_listen"


def test_several_answers_are_planned_in_order(conversation, next_action):
    both = [DENOSUMAB, ("exercise", "can I exercise?")]
    text = "what is denosumab? can I exercise?"
    assert next_action(conversation(text, answers=both)) == "utter_faq/denosumab"
    done = ["utter_faq/denosumab"]
    assert next_action(conversation(text, answers=both, done=done)) == "utter_faq/exercise"


@pytest.mark.parametrize("text", ["what is denosumab?", "/restart", "hello"])
def test_ordinary_turn_is_left_to_the_rules(conversation, next_action, text):
    assert next_action(conversation(text, answers=[DENOSUMAB])) is None


@pytest.mark.parametrize("text", ["/restart my legs are numb", "/greet@1.0 I cannot feel my legs"])
def test_red_flag_behind_a_slash_is_seen(conversation, next_action, text):
    assert next_action(conversation(text)) == "action_escalate"


def test_red_flag_is_seen_in_the_middle_of_a_form(conversation, next_action):
    tracker = conversation(NUMB)
    tracker.update(ActiveLoop("some_form"))
    assert next_action(tracker) == "action_escalate"


def test_conversation_without_a_message_is_left_alone(conversation, next_action, agent):
    from rasa.shared.core.trackers import DialogueStateTracker

    events = [ActionExecuted("action_session_start")]
    assert next_action(DialogueStateTracker.from_events("c", events, agent.domain.slots)) is None


def test_screen_that_fails_escalates(conversation, next_action, monkeypatch):
    class Broken:
        def screen(self, text):
            raise RuntimeError

    monkeypatch.setattr(screening, "_screen", Broken())
    screening._screened.cache_clear()
    try:
        assert next_action(conversation("what is denosumab?")) == "action_escalate"
    finally:
        screening._screened.cache_clear()


def test_turn_that_the_record_raised_stays_raised(conversation, policy, agent):
    tracker = conversation("new pain in my hip", message_id="m-1", done=["action_escalate"])
    first = policy.predict_action_probabilities(tracker, agent.domain).events[0].value
    mentions = [{**first["mentions"][0], "priority": "page", "urgency": "emergency"}]
    tracker.update(SlotSet("turn", raised_turn(first, mentions)))
    turn = policy.predict_action_probabilities(tracker, agent.domain).events[0].value
    assert (turn["priority"], turn["urgency"], turn["mentions"]) == ("page", "emergency", mentions)


def test_prediction_has_no_side_effects(conversation, next_action):
    from assistant.escalation.store import default_store

    before = len(default_store().records())
    next_action(conversation(NUMB))
    assert len(default_store().records()) == before


def test_patient_is_asked_for_a_number_when_the_record_says_so(conversation, policy, agent):
    done = ["action_escalate", "utter_red_flag"]
    tracker = conversation(NUMB, message_id="m-1", done=done)
    first = policy.predict_action_probabilities(tracker, agent.domain).events[0].value
    tracker.update(SlotSet("turn", {**first, "ask_contact": True}))
    prediction = policy.predict_action_probabilities(tracker, agent.domain)
    name = agent.domain.action_names_or_texts[prediction.max_confidence_index]
    assert name == "utter_ask_contact"


@pytest.mark.parametrize(
    ("kept", "text", "planned"),
    [
        ("kept-alone", "[call-back details]", ["utter_contact_kept"]),
        ("kept", NUMB, ["action_escalate", "utter_red_flag", "utter_contact_kept"]),
    ],
)
def test_patient_is_thanked_for_a_number(conversation, next_action, kept, text, planned):
    done = []
    for expected in [*planned, "action_listen"]:
        tracker = conversation(text, answers=[DENOSUMAB] if kept == "kept-alone" else [], done=done)
        tracker.latest_message.metadata["call_back"] = kept
        assert next_action(tracker) == expected
        done.append(expected)


@pytest.mark.parametrize(
    ("intent", "response"),
    [
        ("personal_advice", ["utter_decline"]),
        ("out_of_scope", ["utter_no_answer"]),
        ("faq_unsure", ["utter_clarify"]),
        ("thank", []),
    ],
)
def test_what_stands_beside_a_number_is_served_too(conversation, next_action, intent, response):
    text, done = "[call-back details] should I stop it before the tooth comes out?", []
    for expected in [*response, "utter_contact_kept", "action_listen"]:
        tracker = conversation(text, done=done, intent=intent)
        tracker.latest_message.metadata["call_back"] = "kept"
        assert next_action(tracker) == expected
        done.append(expected)


@pytest.mark.parametrize(
    ("intent", "expected"), [("affirm", "utter_ask_contact"), ("deny", "utter_contact_refused")]
)
def test_question_for_a_number_is_known_where_an_action_asked_it(
    conversation, next_action, intent, expected
):
    tracker = conversation("can I talk to somebody", intent="ask_human", done=["action_handoff"])
    tracker.update(BotUttered("...", metadata={"utter_action": "utter_ask_contact"}))
    tracker.update(ActionExecuted("action_listen"))
    tracker.update(UserUttered("please do", intent={"name": intent}))
    assert next_action(tracker) == expected


def test_no_to_the_question_for_a_number_is_no_wrong_answer(conversation, next_action):
    tracker = conversation(NUMB, done=["action_escalate", "utter_red_flag", "utter_ask_contact"])
    tracker.update(UserUttered("no thanks", intent={"name": "deny"}))
    assert next_action(tracker) == "utter_contact_refused"
    tracker.update(ActionExecuted("utter_contact_refused"))
    tracker.update(UserUttered("no", intent={"name": "deny"}))
    assert next_action(tracker) is None


@pytest.mark.parametrize(
    ("text", "planned"),
    [
        ("what is denosumab?", ["utter_passed_to_staff"]),
        (NUMB, ["action_escalate", "utter_red_flag", "utter_passed_to_staff"]),
    ],
)
def test_while_a_person_answers_only_red_flags_are_live(conversation, next_action, text, planned):
    done = []
    for expected in [*planned, "action_listen"]:
        tracker = conversation(text, answers=[DENOSUMAB], done=done)
        tracker.latest_message.metadata["answered_by_staff"] = "Joy"
        assert next_action(tracker) == expected
        done.append(expected)
