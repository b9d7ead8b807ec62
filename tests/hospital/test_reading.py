"""What is sent: taken, read though odd, or refused with the path of the fault; never a 500."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
from hospital import Hospital
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from our_side import Site, communication, text_of
from serving import respond
from waiting import until

from assistant.channels.fhir.message import arrival_of
from assistant.channels.fhir.outcome import OutcomeError, outcome
from assistant.channels.fhir.reading import parse, read
from assistant.escalation.cases import CaseBook

NUMB = "my legs are numb since this morning"


@pytest.mark.parametrize(
    ("resource", "status", "code", "path"),
    [
        (b"{", 400, "structure", None),
        (b"[]", 400, "structure", None),
        (b'{"a": NaN}', 400, "structure", None),
        (b"\xff\xfe", 400, "structure", None),
        (b"", 400, "required", None),
        ({}, 400, "structure", "resourceType"),
        ({"resourceType": "Observation"}, 422, "not-supported", "resourceType"),
        ({"resourceType": "Bundle", "type": "batch"}, 422, "required", "Bundle.entry"),
        (communication(payload=None), 422, "required", "Communication.payload"),
        (communication(payload=[{}]), 422, "structure", "Communication.payload[0]"),
        (communication(status=None), 422, "required", "Communication.status"),
        (communication(status="said"), 422, "code-invalid", "Communication.status"),
        (communication(sent="yesterday"), 422, "value", "Communication.sent"),
        (communication(said=1), 422, "structure", "Communication.said"),
        (communication(topic={"text": []}), 422, "value", "Communication.topic.text"),
        (
            {"resourceType": "Bundle", "type": "batch",
             "entry": [{"resource": communication(status=None, payload=None)}]},
            422, "required", "Bundle.entry[0].resource.status",
        ),
    ],
)  # fmt: skip
def test_a_wrong_resource_is_refused_with_the_path_of_the_fault(
    site: Site, hospital: Hospital, resource: Any, status: int, code: str, path: str | None
) -> None:
    answer = site.post(resource)
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"], issue.get("expression")) == (
        status,
        code,
        path and [path],
    )
    assert hospital.validate(answer.json()) == []


def test_of_a_bundle_each_entry_is_taken_by_itself(site: Site, assistant: Any) -> None:
    entries = [{"resource": communication(1)}, {"resource": communication(2, status="said")}]
    answer = site.post({"resourceType": "Bundle", "type": "batch", "entry": entries})
    assert answer.status_code == 202
    wrong = [one for one in answer.json()["issue"] if one["severity"] == "error"]
    assert [one["expression"] for one in wrong] == [["Bundle.entry[1].resource.status"]]
    site.answers(2)
    assert len(assistant.seen) == 2


def test_xml_and_what_is_too_long_are_refused(site: Site) -> None:
    xml = site.post(b"<Communication/>", **{"Content-Type": "application/fhir+xml"})
    assert xml.status_code == 415
    assert site.post(b" " * (2 * 2**20 + 1)).status_code == 413


@pytest.mark.parametrize(
    "change",
    [
        {"status": "said"},
        {"status": None},
        {"payload": NUMB},
        {"payload": {"contentString": NUMB}},
        {"payload": [NUMB]},
        {"payload": [{"contentString": NUMB, "contentReference": 7}]},
        {"payload": [{"contentText": NUMB}]},
        {"payload": [{"contentAttachment": {"title": NUMB, "url": "https://x.example/1.jpg"}}]},
        {"payload": None, "note": [{"text": NUMB}]},
        {"payload": None, "text": {"status": "generated", "div": f"<div><p>{NUMB}</p></div>"}},
        {"sender": {"reference": "somebody/7"}},
        {"subject": "anna", "sent": 3, "topic": [], "partOf": {"reference": "x"}, "language": {}},
    ],
)
def test_words_are_read_in_whatever_resource_they_stand(
    site: Site, assistant: Any, change: dict[str, Any]
) -> None:
    answer = site.post(communication(1, NUMB, **change))
    assert answer.status_code in (202, 422)
    (reply,) = site.answers(1)
    assert NUMB in assistant.seen[0].text and text_of(reply)


def test_a_red_flag_of_nobody_is_recorded_though_no_reply_is_possible(
    site: Site, assistant: Any, store: Any
) -> None:
    async def flags(message: Any) -> None:
        flag = {"category": "cord-compression", "status": "present", "words": "numb"}
        more = {"red_flags": [flag], "urgency": "emergency", "priority": "page"}
        await respond(message, "escalation", "Call 999 now.", **more)

    assistant.script = flags
    nobody = {"identifier": None, "subject": None, "sender": None}
    assert site.post(communication(1, NUMB, **nobody)).status_code == 202
    until(lambda: CaseBook(store).open_cases(), "the case")
    assert site.messages() == []


@pytest.mark.parametrize(
    "change",
    [
        {"status": "entered-in-error"},
        {"status": "preparation"},
        {"sender": {"reference": "Practitioner/7"}},
        {"sender": {"type": "Organization", "display": "Ward 3"}},
    ],
)
def test_what_no_patient_said_is_left_alone(site: Site, change: dict[str, Any]) -> None:
    answer = site.post(communication(**change))
    assert answer.status_code == 202
    assert answer.json()["issue"][0]["severity"] == "information"


def test_our_own_reply_is_not_answered(site: Site, assistant: Any) -> None:
    site.post(communication())
    (reply,) = site.answers(1)
    assert site.post(reply).status_code == 202
    site.post(communication(2))
    site.answers(2)
    assert len(assistant.seen) == 2


def test_files_and_links_are_refused_politely(site: Site, assistant: Any) -> None:
    picture = {"contentAttachment": {"contentType": "image/jpeg", "data": "aGVsbG8="}}
    link = {"contentReference": {"reference": "DocumentReference/1"}}
    site.post(communication(1, payload=[picture]))
    (alone,) = site.answers(1)
    assert "cannot open" in text_of(alone) and "nothing of it" in text_of(alone)
    assert assistant.seen == []
    site.post(communication(2, payload=[link, {"contentString": "What is denosumab?"}]))
    beside = site.answers(2)[1]
    assert text_of(beside).startswith("You wrote") and "words only" in text_of(beside)


def _places(value: Any, path: tuple = ()) -> list[tuple]:
    """Where something stands in a resource."""
    found = [path] if path else []
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, one in inner:
        found += _places(one, (*path, name))
    return found


STRANGE = ["\x00", "\ud800", "#p", "Patient/", "a" * 3000, NUMB]
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=20) | st.sampled_from(STRANGE)
JUNK = st.recursive(
    LEAVES,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
    max_leaves=6,
)
FULL = communication(
    1,
    NUMB,
    id="c1",
    meta={"versionId": "1"},
    contained=[{"resourceType": "Patient", "id": "p", "identifier": [{"value": "7"}]}],
    partOf=[{"reference": "Communication/c0"}],
    inResponseTo=[{"reference": "Communication/c0"}],
    note=[{"text": "a note"}],
)
TASK = {
    "resourceType": "Task",
    "identifier": [
        {"system": "https://bone-metastases-assistant.example/fhir/task", "value": "a.b"}
    ],
    "status": "accepted",
    "intent": "order",
    "owner": {"display": "Nurse Joy"},
}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "batch",
    "entry": [{"resource": FULL}, {"resource": TASK}],
}


def mutated(base: dict[str, Any], where: int, junk: Any, how: int) -> dict[str, Any]:
    resource = copy.deepcopy(base)
    places = _places(resource)
    *path, last = places[where % len(places)]
    inner: Any = resource
    for name in path:
        inner = inner[name]
    if how == 0 and isinstance(inner, dict):
        del inner[last]
    elif how == 1 and isinstance(inner, dict):
        inner[f"{last}{str(junk)[:10]}"] = inner.pop(last)
    elif how == 2 and isinstance(inner, list):
        inner.append(junk)
    else:
        inner[last] = junk
    return resource


def test_500_mutated_resources_are_answered_with_an_outcome(
    site: Site, assistant: Any, caplog: Any
) -> None:
    statuses: dict[int, int] = {}

    @seed(20261127)
    @hypothesis_settings(
        max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.sampled_from([FULL, FULL, BUNDLE, TASK]), st.integers(0, 400), JUNK, st.integers(0, 3)
    )
    def send(base: dict[str, Any], where: int, junk: Any, how: int) -> None:
        resource = mutated(base, where, junk, how)
        answer = site.post(json.dumps(resource))
        said = answer.json()
        assert said["resourceType"] == "OperationOutcome" and said["issue"]
        assert answer.status_code in (202, 400, 422), answer.text
        assert "Traceback" not in answer.text and NUMB not in answer.text
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    send()
    assert sum(statuses.values()) >= 500 and {202, 422} <= statuses.keys()
    assert not [one for one in caplog.records if one.exc_info]


def test_500_mutations_of_a_red_flag_that_keep_its_words_are_all_read() -> None:
    chance, read_ = random.Random(7), 0
    for _ in range(500):
        resource = mutated(FULL, chance.randrange(400), chance.choice([None, 7, [], {}, "x"]),
                           chance.randrange(4))  # fmt: skip
        if (
            NUMB not in json.dumps(resource.get("payload"))
            or resource.get("resourceType") != FULL["resourceType"]
        ):
            continue
        arrival = arrival_of(resource, "fhir:main")
        assert NUMB in (arrival.text or ""), resource
        try:
            reading = read(parse(json.dumps(resource).encode()), "fhir:main")
        except OutcomeError as error:
            reading = None
            assert outcome(error.issues)["issue"]
        assert reading is None or reading.items, resource
        read_ += 1
    assert read_ > 300
