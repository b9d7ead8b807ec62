"""Their server fails in every way that it can: each message is answered once, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from hospital import OWN
from our_side import Keys, Site, communication, text_of
from serving import ScriptedAssistant, serving
from waiting import until

from assistant.channels.fhir import FhirInput
from assistant.escalation.hospital import client, outgoing
from assistant.escalation.store import EscalationStore, patient_store
from assistant.escalation.tables import inbound_table, outgoing_table

POSTS = {"method": "POST", "path": "/fhir/Communication"}
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, settings: object, monkeypatch: pytest.MonkeyPatch
) -> EscalationStore:
    if request.param == "postgresql":
        monkeypatch.setenv("ASSISTANT_DATABASE", str(request.getfixturevalue("postgresql_url")))
    return patient_store()


@pytest.fixture
def site(
    store: EscalationStore,
    credentials: dict,
    assistant: ScriptedAssistant,
    hospital,
    hub_keys: Keys,
) -> Iterator[Site]:
    with serving([FhirInput.from_credentials(credentials)], assistant) as running:
        yield Site(running.url, hospital, hub_keys, store)


def queued(store: EscalationStore) -> list:
    with store.reading("look") as connection:
        return connection.execute(outgoing_table.select().order_by(outgoing_table.c.id)).all()


def wait_for_replies(site: Site, many: int) -> None:
    """Until the replies are in the queue; the worker is not asked to send them."""
    until(lambda: len(queued(site.store)) >= many, f"{many} replies in the queue")


def test_their_server_is_down_for_ten_minutes(site: Site, hospital, our_keys) -> None:
    hospital.stop()
    for number in range(5):
        assert site.post(communication(number, f"question {number}")).status_code == 202
    wait_for_replies(site, 5)
    for _ in range(10):
        site.work()
        site.clock.offset += MINUTE
    assert {row.state for row in queued(site.store)} == {"waiting"}
    assert all(3 <= row.attempts <= 10 or row.attempts == 0 for row in queued(site.store))
    hospital.start()
    hospital.control(clients={"assistant": {"keys": [our_keys.jwk]}})
    site.clock.offset += MINUTE
    answers = site.answers(5)
    assert len({text_of(one) for one in answers}) == 1
    named = [one["inResponseTo"][0]["identifier"]["value"] for one in answers]
    assert named == [f"message-{number}" for number in range(5)]


def test_a_slow_server_that_took_it_is_not_given_it_twice(
    site: Site, hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 0.2)
    site.post(communication())
    wait_for_replies(site, 1)
    hospital.control(faults=[{**POSTS, "delay": 500, "times": 1}])
    site.work()
    assert "ReadTimeout" in queued(site.store)[0].error
    until(site.messages, "the slow server's work")
    site.clock.offset += MINUTE
    site.answers(1)
    until(lambda: site.work() or queued(site.store)[0].state == "sent", "the mark")
    assert len(site.messages()) == 1


def test_a_token_that_has_run_out_is_renewed(site: Site, hospital) -> None:
    site.post(communication(1))
    site.answers(1)
    hospital.drop_tokens()
    site.post(communication(2))
    site.answers(2)
    asked = [one for one in hospital.control()["requests"] if one.get("path") == "/token"]
    assert [one["status"] for one in asked] == [200, 200]
    assert queued(site.store)[1].attempts == 1


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_looked_into(site: Site, hospital, status: int) -> None:
    # Once nothing was made, once it had been made: only a search can tell.
    hospital.control(
        faults=[
            {**POSTS, "status": status, "times": 1},
            {**POSTS, "status": status, "times": 1, "after": True},
        ]
    )
    site.post(communication())
    wait_for_replies(site, 1)
    site.work()
    assert queued(site.store)[0].error == f"the server answered {status}"
    site.clock.offset += MINUTE
    site.work()
    (row,) = queued(site.store)
    assert (row.state, row.attempts) == ("sent", 2)
    (made,) = site.messages()
    assert row.reference == f"Communication/{made['id']}"


def test_retry_after_is_kept(site: Site, hospital) -> None:
    asked = {**POSTS, "status": 429, "headers": {"Retry-After": "300"}, "times": 1}
    hospital.control(faults=[asked])
    site.post(communication())
    wait_for_replies(site, 1)
    for _ in range(4):
        site.work()
        site.clock.offset += MINUTE
    assert queued(site.store)[0].attempts == 1
    site.clock.offset += 2 * MINUTE
    site.answers(1)


def test_what_is_refused_goes_bare_and_is_parked_at_last(site: Site, hospital) -> None:
    hospital.control(faults=[{**POSTS, "status": 422, "times": 2}])
    site.post(communication(1))
    wait_for_replies(site, 1)
    for _ in range(3):
        site.work()
        site.clock.offset += MINUTE
    (bare,) = site.messages()
    assert "extension" not in bare and "topic" not in bare
    assert bare["subject"] and bare["inResponseTo"] and text_of(bare)
    hospital.control(faults=[{**POSTS, "status": 422, "times": 5}])
    site.post(communication(2))
    wait_for_replies(site, 2)
    for _ in range(6):
        site.work()
        site.clock.offset += MINUTE
    assert queued(site.store)[1].state == "parked"
    assert outgoing.requeue(site.store, site.clock()) == 1
    site.answers(2)


def test_what_comes_again_is_answered_once(site: Site, assistant: ScriptedAssistant) -> None:
    message = communication(1, "What is denosumab?")
    there = {**message, "id": "c1", "meta": {"versionId": "2"}}  # the hub's, then the server's
    later = {**there, "status": "unknown", "meta": {"versionId": "3"}}
    for sent in (
        message,
        message,
        there,
        later,
        {
            "resourceType": "Bundle",
            "type": "batch",
            "entry": [{"resource": there}, {"resource": message}],
        },
    ):
        assert site.post(sent).status_code == 202
    site.answers(1)
    assert len(assistant.seen) == 1
    corrected = {**later, "payload": [{"contentString": "What is zoledronate?"}]}
    assert site.post(corrected).status_code == 202  # other words: another message
    site.answers(2)
    assert [one.text for one in assistant.seen] == ["What is denosumab?", "What is zoledronate?"]


def test_a_thread_is_read_in_order(site: Site, assistant: ScriptedAssistant) -> None:
    sent = {number: f"2026-11-20T09:0{number}:00Z" for number in range(6)}
    entries = [
        {"resource": communication(number, f"message {number}", sent=sent[number])}
        for number in (3, 1, 2)
    ]
    assert site.post({"resourceType": "Bundle", "type": "batch", "entry": entries}).ok
    site.answers(3)
    assert [one.text for one in assistant.seen] == ["message 1", "message 2", "message 3"]
    assert len({one.sender_id for one in assistant.seen}) == 1
    site.post(communication(0, "the first of all", sent=sent[0]))
    late = site.answers(4)[-1]
    assert "This answers what you wrote on 20 November at 09:00." in text_of(late)


def test_an_answer_that_comes_before_its_message_joins_the_thread(
    site: Site, assistant: ScriptedAssistant
) -> None:
    part = {"partOf": [{"reference": "Communication/c1"}], "encounter": None}
    site.post(communication(2, "second", id="c2", **part))
    site.answers(1)
    site.post(communication(1, "first", id="c1", encounter=None))
    site.answers(2)
    site.post(communication(3, "third", id="c3", inResponseTo=[{"reference": "Communication/c2"}]))
    site.answers(3)
    assert len({one.sender_id for one in assistant.seen}) == 1
    other = {"subject": {"reference": "Patient/bella"}, "sender": None}
    site.post(communication(4, "fourth", id="c4", **part, **other))  # nobody enters her thread
    site.answers(4)
    assert len({one.sender_id for one in assistant.seen}) == 2


def test_two_replicas_answer_a_thread_once(
    site: Site, assistant: ScriptedAssistant, credentials: dict
) -> None:
    with serving([FhirInput.from_credentials(credentials)], assistant) as other:
        second = Site(other.url, site.hospital, site.hub, site.store)
        for number in range(12):
            for one in (site, second):
                answer = one.post(communication(number, f"message {number}"))
                assert answer.status_code == 202
        site.answers(12)
    assert sorted(one.text for one in assistant.seen) == sorted(
        f"message {number}" for number in range(12)
    )


def test_a_resource_that_is_only_named_is_fetched(site: Site, hospital, assistant) -> None:
    made = requests.post(
        f"{hospital.base}/Communication", json=communication(), headers=OWN, timeout=60
    ).json()
    hospital.control(
        faults=[
            {
                "method": "GET",
                "path": "/fhir/Communication/",
                "status": 503,
                "headers": {"Retry-After": "0"},
                "times": 1,
            }
        ]
    )
    assert site.post(None, f"/Communication/{made['id']}").status_code == 202
    reference = f"Communication/{made['id']}"
    focus = {"name": "focus", "valueReference": {"reference": reference}}
    event = {"name": "notification-event", "part": [focus]}
    status = {"resourceType": "Parameters", "parameter": [event]}
    entries = [{"resource": status}, {"fullUrl": f"{hospital.base}/{reference}"}]
    named = {"resourceType": "Bundle", "type": "history", "entry": entries}
    assert site.post(named).status_code == 202
    (reply,) = site.answers(1)
    assert reply["inResponseTo"] == [{"reference": reference}]

    def kept() -> list:
        with site.store.reading("look") as connection:
            return connection.execute(inbound_table.select()).all()

    until(lambda: {row.state for row in kept()} == {"answered"}, "the second attempt to fetch")
    assert all(row.content is None for row in kept())  # the words are forgotten
    assert len(assistant.seen) == 1 and len(site.messages()) == 1
