"""The whole assistant over REST, as `make run` starts it: what a newcomer tries first."""

import concurrent.futures
import re
import uuid
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import make_url
from waiting import until
from whole import rows

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore

NUMB = "my legs have gone numb since last night"
KEYS = {
    "kind",
    "faq",
    "red_flags",
    "urgency",
    "priority",
    "sources",
    "reviewed",
    "message_id",
}


@pytest.fixture
def ask(live_server):
    def post(message, sender=None, message_id=None):
        body = {"sender": sender or uuid.uuid4().hex, "message": message}
        if message_id:
            body["metadata"] = {"message_id": message_id}
        answer = requests.post(f"{live_server.url}/webhooks/rest/webhook", json=body, timeout=30)
        assert answer.status_code == 200 and answer.json()
        return answer.json()

    return post


def objects(messages):
    return [message["custom"] for message in messages if "custom" in message]


def texts(messages):
    return "\n".join(message.get("text", "") for message in messages)


def recorded(live_server, conversation):
    query = "select message_id, priority from escalation where conversation = :one"
    return rows(live_server.escalations, query, one=conversation)


@pytest.mark.parametrize(
    ("question", "entry", "buttons"),
    [
        ("is cancer in the bones terminal?", "terminal", 2),
        ("can I exercise?", "exercise", 3),  # next to red flags: the emergency advice as well
    ],
)
def test_question_gets_its_vetted_answer(ask, question, entry, buttons):
    messages = ask(question)
    (answer,) = objects(messages)
    assert messages[0]["custom"] is not None  # the object comes first
    assert answer.keys() == KEYS
    assert answer["kind"] == "answer" and answer["faq"][0]["id"] == entry
    assert answer["sources"] and answer["reviewed"] is None
    assert len(next(m["buttons"] for m in messages if "buttons" in m)) == buttons


def test_red_flag_with_a_question_gets_advice_record_and_answer(ask, live_server):
    sender = uuid.uuid4().hex
    messages = ask(f"what is denosumab? {NUMB}", sender)
    first, second, third = objects(messages)
    assert third["kind"] == "handoff"  # may staff call?
    assert (first["kind"], first["urgency"], first["priority"]) == (
        "escalation",
        "emergency",
        "page",
    )
    assert first["red_flags"][0]["category"] == "cord-compression"
    assert (second["kind"], second["faq"][0]["id"]) == ("answer", "denosumab")
    assert "Nobody reads this chat all the time" in texts(messages)
    assert [priority for _, priority in recorded(live_server, sender)] == ["page"]


def test_two_questions_get_two_answers(ask):
    first, second = objects(ask("what does an MRI show? and can I exercise?"))
    assert [entry["id"] for entry in first["faq"]] == ["mri-scan", "exercise"]
    assert [entry["id"] for entry in second["faq"]] == ["exercise"]


def test_follow_up_is_read_with_the_question_before(ask):
    sender = uuid.uuid4().hex
    ask("what is denosumab?", sender)
    (answer,) = objects(ask("and how often is it given?", sender))
    assert answer["faq"][0]["id"] == "denosumab"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("how do I get a mortgage", "fallback"),
        ("should I stop my morphine", "decline"),
        ("what time is my appointment on friday", "admin"),
        ("hello", "chitchat"),
        ("are you a robot", "chitchat"),
        ("can I speak to a nurse please", "handoff"),
        ("I feel so low and lonely today", "support"),
    ],
)
def test_other_messages_have_their_kind(ask, message, kind):
    (turn,) = objects(ask(message))
    assert turn["kind"] == kind and turn["red_flags"] == []


def test_restart_gets_a_sensible_reply(ask):
    messages = ask("/restart")
    assert objects(messages)[0]["kind"] == "chitchat" and texts(messages)


@pytest.mark.parametrize(
    "message",
    [
        "/greet I can't feel my legs",
        '/faq_unsure{"a": "I cannot feel my legs"}',
        "/restart I can't feel my legs",
        "😱 I can't feel my legs 😱",
        "ok. " * 2000 + "I can't feel my legs",
        "I can't feel my legs " + "ok. " * 2000,
        "<b>I can't</b> feel my&nbsp;legs",
    ],
)
def test_red_flag_is_escalated_once_whatever_surrounds_it(ask, live_server, message):
    sender = uuid.uuid4().hex
    turn = objects(ask(message, sender))[0]
    assert (turn["kind"], turn["priority"]) == ("escalation", "page")
    assert len(recorded(live_server, sender)) == 1


@pytest.mark.parametrize(
    "message", ["", "   ", "😀🎉", "x" * 20_000, "\u202e\u200b", "/", "//", "None of these"]
)
def test_odd_message_gets_a_reply_with_an_object(ask, message):
    messages = ask(message)
    assert objects(messages) and texts(messages).strip()


def test_20000_characters_with_a_red_flag_at_the_end_are_read_whole(ask):
    words = "We had a lovely day at the seaside with the grandchildren. "
    text = (words * 400)[: 20_000 - len(NUMB) - 1] + " " + NUMB
    assert objects(ask(text))[0]["kind"] == "escalation"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'{"sender": "x", "message": "\xff\xfe"}', 400, "UTF-8"),
        (b'{"sender": "x"}', 400, "message"),
        (b'{"sender": "x", "message": 7}', 400, "message"),
        (b'{"sender": ["x"], "message": "hi"}', 400, "sender"),
        (b"{nonsense", 400, "JSON"),
        (b"[]", 400, "object"),
        (b"", 400, ""),
    ],
)
def test_faulty_request_gets_a_clear_error(live_server, body, status, said):
    answer = requests.post(
        f"{live_server.url}/webhooks/rest/webhook",
        data=body,
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == status
    assert said in answer.text and "Traceback" not in answer.text


def test_same_message_id_three_times_is_one_escalation_and_one_reply(ask, live_server):
    sender = uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda _: ask(NUMB, sender, "m-1"), range(3)))
    assert replies[0] == replies[1] == replies[2]
    assert objects(replies[0])[0]["message_id"] == "m-1"
    assert recorded(live_server, sender) == [("m-1", "page")]
    assert ask(NUMB, sender, "m-1") == replies[0]


def test_escalations_are_readable_by_their_owner_alone(ask, live_server):
    ask(NUMB)
    file = make_url(live_server.escalations).database
    if not live_server.escalations.startswith("sqlite"):
        pytest.skip("a server has accounts, not a file")
    assert Path(file).stat().st_mode & 0o777 == 0o600


def test_channel_that_a_client_gives_itself_is_ignored(live_server, ask):
    body = {"sender": uuid.uuid4().hex, "message": "hello", "input_channel": "twilio"}
    answer = requests.post(f"{live_server.url}/webhooks/rest/webhook", json=body, timeout=30)
    assert objects(answer.json())[0]["kind"] == "chitchat"


def test_no_word_of_a_patient_is_in_the_log(live_server, ask):
    secret = "marzipanelephant"
    for message in (f"{NUMB} {secret}", f"/{secret}", f"what is {secret}", f'/{secret}{{"a"'):
        ask(message)
    assert secret not in live_server.said()


def test_server_is_ready(live_server):
    assert requests.get(f"{live_server.url}/webhooks/web/ready", timeout=60).status_code == 200


def test_question_and_wish_for_a_person_get_answer_and_number(ask):
    turns = objects(ask("can I exercise? I want to talk to a nurse"))
    assert [turn["kind"] for turn in turns] == ["answer", "handoff"]


@pytest.mark.parametrize(
    ("message", "allowed"),
    [
        ("should I stop denosumab", ["decline"]),
        # To double an opioid is near an overdose: whom to call may stand in place of the decline.
        ("can I double my zomorph tonight", ["decline", "escalation"]),
    ],
)
def test_personal_decision_gets_no_answer_however_well_an_entry_fits(ask, message, allowed):
    (kind,) = (turn["kind"] for turn in objects(ask(message)) if turn["kind"] != "handoff")
    assert kind in allowed


@pytest.mark.parametrize("before", ["no blood. ", "Bowels ok. ", "all fine here. "])
def test_denial_in_one_clause_does_not_hide_an_emergency_in_the_next(ask, before):
    text = "I do not see the point of waking up tomorrow and I have the patches saved"
    turn = objects(ask(before + text))[0]
    assert (turn["kind"], turn["priority"]) == ("escalation", "page")


def test_a_red_flag_reaches_staff_and_the_patient_hears_of_it(ask, live_server):
    sender = uuid.uuid4().hex
    messages = ask(NUMB, sender)
    assert "type your name and your telephone number" in texts(messages)
    book = CaseBook(EscalationStore(live_server.escalations))
    (case,) = [one for one in book.open_cases() if one.conversation == sender]
    # The number goes to the case, not into the conversation; what else is said is read.
    (object_,) = objects(kept := ask("Joan Smith 07700 900123", sender))
    assert object_["kind"] == "handoff" and "I have kept your number" in texts(kept)
    again = objects(ask("07700 900124 and now I can't pass urine", sender))
    assert [one["kind"] for one in again] == ["escalation", "handoff"]
    found = book.case(case.reference)
    assert found.contact_number == "07700 900124"
    events = rows(
        live_server.conversations, "select data from events where sender_id = :one", one=sender
    )
    assert events and "07700" not in str(events)
    # The worker tells whoever is on duty; the link in its message acknowledges.
    until(lambda: f"EMERGENCY: case {case.reference}" in live_server.said(), "the notification")
    said = live_server.said().partition(f"EMERGENCY: case {case.reference}")[2]
    link = re.search(r"http://\S+?(/webhooks/staff/acknowledge/\S+)", said)[1]
    page = requests.get(live_server.url + link, timeout=60).text
    form = {"seen": re.search(r'name="seen" value="([^"]*)"', page)[1]}
    assert "<h1>Acknowledged" in requests.post(live_server.url + link, form, timeout=60).text
    assert book.case(case.reference).state == "acknowledged"
    assert "saw your message at" in texts(ask("thank you", sender))
    notices = requests.get(
        f"{live_server.url}/webhooks/rest/notices", params={"sender": sender}, timeout=60
    )
    assert [one["kind"] for one in notices.json()["notices"]] == ["seen"]


def test_no_to_the_question_for_a_number_is_taken(ask):
    sender = uuid.uuid4().hex
    ask(NUMB, sender)
    assert "That is all right" in texts(ask("no thank you", sender))


def test_who_wants_a_person_gets_numbers_where_nobody_is_configured(ask):
    (object_,) = objects(messages := ask("can I speak to a real person please"))
    assert object_["kind"] == "handoff" and "Please call" in texts(messages)
