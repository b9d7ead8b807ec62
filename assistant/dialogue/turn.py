"""What a turn knows of itself: the evidence of TurnPolicy, and the object sent with the reply."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.dialogue.plan import ASK_CONTACT, CONTACT_KEPT, CONTACT_REFUSED
from assistant.dialogue.screening import Screened, screen_message
from assistant.escalation.call_back import CALL_BACK, KEPT_ALONE
from assistant.faq.history import ANSWERED_BY_STAFF, READING
from assistant.faq.importer import response_key

TURN_SLOT = "turn"
RAISED = ("urgency", "priority", "mentions", "raised")  # what a record may raise in a turn
ASK_CONTACT_KEY = "ask_contact"  # set by the record: the patient is asked for a number, once
ANSWER_PREFIX = response_key("")

KINDS = {
    "utter_clarify": "clarify",
    "utter_red_flag": "escalation",
    "utter_no_answer": "fallback",
    "utter_withdrawn": "fallback",
    "utter_decline": "decline",
    "utter_admin": "admin",
    "utter_support": "support",
    "utter_handoff": "handoff",
    "utter_handoff_passed_on": "handoff",
    "utter_ask_contact": "handoff",
    "utter_contact_kept": "handoff",
    "utter_contact_refused": "handoff",
    "utter_passed_to_staff": "handoff",
}  # all other responses are chitchat, those of entries answers

# What a bare no or yes gets after the question for a number.
ASKED_FOR_NUMBER = {"deny": CONTACT_REFUSED, "affirm": ASK_CONTACT}

SERVICES = {
    "personal_advice": "utter_decline",
    "low_mood": "utter_support",
    "ask_human": "action_handoff",
    "admin": "utter_admin",
}
UNANSWERED = {**SERVICES, "faq_unsure": "utter_clarify", "out_of_scope": "utter_no_answer"}


def kind_of(utter_action: str) -> str:
    """The kind of a response, by its name.

    >>> kind_of("utter_faq/denosumab"), kind_of("utter_greet")
    ('answer', 'chitchat')
    """
    if utter_action.startswith(ANSWER_PREFIX):
        return "answer"
    return KINDS.get(utter_action, "chitchat")


def message_id(tracker: DialogueStateTracker) -> str:
    """The id of the latest message: the client's where it sent one, else Rasa's."""
    message = tracker.latest_message
    if message is None:
        return ""
    return str((message.metadata or {}).get("message_id") or message.message_id)


def actions_run(tracker: DialogueStateTracker) -> list[str]:
    """Names of the actions since the latest message, oldest first."""
    names = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and event.action_name:
            names.append(event.action_name)
    return names[::-1]


def reading_of(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What FaqRetriever wrote about the latest message; empty where it wrote nothing."""
    message = tracker.latest_message
    reading = message.parse_data.get(READING) if message is not None else None
    return reading or {}  # type: ignore[return-value]


def kept_answers(reading: dict[str, Any], screened: Screened) -> list[dict[str, Any]]:
    """The answers of a turn, in order.

    Beside a pressing red flag an answer to the symptom itself is dropped: the advice answers that.
    """
    answers = list(reading.get("answers") or ())
    if not screened.pressing:
        return answers
    return [answer for answer in answers if not screen_message(answer["part"]).pressing]


def evidence(tracker: DialogueStateTracker, screened: Screened) -> dict[str, Any]:
    """What action and renderer must know of a planned turn, as the slot `turn` holds it."""
    screening = screened.screening
    before = turn_of(tracker)
    raised = {key: before[key] for key in RAISED if before.get("raised")}
    if before.get(ASK_CONTACT_KEY):
        raised[ASK_CONTACT_KEY] = True
    return {
        "message_id": message_id(tracker),
        "channel": tracker.get_latest_input_channel(),
        "flagged": screened.flagged,
        "failed": screened.failed,
        "complete": screening.complete,
        "urgency": "emergency" if screened.failed else screening.urgency,
        "priority": "page" if screened.failed else screening.priority,
        "mentions": [mention.as_json() for mention in screening.mentions],
        "answers": kept_answers(reading_of(tracker), screened),
        **raised,
    }


def raised_turn(turn: dict[str, Any], mentions: list[dict[str, Any]]) -> dict[str, Any]:
    """The evidence of a turn whose record is more pressing than its message alone.

    Args:
        turn: As it was planned.
        mentions: As they were recorded, the most pressing first.
    """
    first = {key: mentions[0][key] for key in ("urgency", "priority")}
    return {**turn, **first, "mentions": mentions, "raised": True}


def contact_steps(tracker: DialogueStateTracker, turn: dict[str, Any]) -> list[str]:
    """Responses about calling the patient back: thanks for a number, or the question for one."""
    message = tracker.latest_message
    if message is None:
        return []
    if (message.metadata or {}).get(CALL_BACK):
        return [CONTACT_KEPT]
    if turn.get(ASK_CONTACT_KEY):
        return [ASK_CONTACT]
    answered = ASKED_FOR_NUMBER.get(str((message.intent or {}).get("name")))
    return [answered] if answered and _asked_last(tracker) else []


def is_call_back_alone(tracker: DialogueStateTracker) -> bool:
    """Whether a message holds nothing but how to call the patient back."""
    message = tracker.latest_message
    return message is not None and (message.metadata or {}).get(CALL_BACK) == KEPT_ALONE


def staff_of(tracker: DialogueStateTracker) -> str | None:
    """First name of the person who answers the latest message; None where the assistant does."""
    message = tracker.latest_message
    return (message.metadata or {}).get(ANSWERED_BY_STAFF) if message is not None else None


def _asked_last(tracker: DialogueStateTracker) -> bool:
    """Whether the turn before ended with the question for a number."""
    turns = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            turns += 1
            if turns == 2:
                return False
        elif turns == 1 and _asks_for_number(event):
            return True
    return False


def _asks_for_number(event: Event) -> bool:
    """As an action of the plan, or said by the action that passed a wish for a person on."""
    if isinstance(event, ActionExecuted):
        return bool(event.action_name == ASK_CONTACT)
    said = event.metadata if isinstance(event, BotUttered) else None
    return bool(said and said.get("utter_action") == ASK_CONTACT)


def served_alone(tracker: DialogueStateTracker) -> list[str]:
    """What a rule would do for a message without an answer, where a plan must do it instead."""
    message = tracker.latest_message
    intent = (message.intent or {}).get("name") if message is not None else None
    return [UNANSWERED[intent]] if intent in UNANSWERED else []


def services_of(reading: dict[str, Any]) -> list[str]:
    """Responses to the services that parts of the message asked for, beside its answers."""
    return [SERVICES[service] for service in reading.get("services") or ()]


def turn_of(tracker: DialogueStateTracker) -> dict[str, Any]:
    """The evidence of the present turn; empty where no plan was made for it."""
    turn = tracker.get_slot(TURN_SLOT)
    if not isinstance(turn, dict) or turn.get("message_id") != message_id(tracker):
        return {}
    return turn


def turn_object(kind: str, message: str, **known: Any) -> dict[str, Any]:
    """The object that says what a reply is (design, section 3), every key always there.

    >>> turn_object("admin", "m-1")["urgency"] is None
    True
    """
    return {
        "kind": kind,
        "faq": [],
        "red_flags": [],
        "urgency": None,
        "priority": None,
        "sources": [],
        "reviewed": None,
        "message_id": message,
        **known,
    }


def red_flag_fields(turn: dict[str, Any]) -> dict[str, Any]:
    """The fields of an escalation's object."""
    keys = ("category", "urgency", "status", "words")
    fields = {
        "red_flags": [{key: mention[key] for key in keys} for mention in turn["mentions"]],
        "urgency": turn["urgency"],
        "priority": turn["priority"],
    }
    return fields if turn["complete"] else {**fields, "complete": False}
