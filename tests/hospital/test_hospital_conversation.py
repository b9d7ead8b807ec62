"""A whole conversation over HTTP: the hospital's server, a client that is not ours, the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fhirpy import SyncFHIRClient
from hospital import JSON_TYPE, OWN, Hospital
from our_side import Keys, Site, text_of
from serving import serving
from waiting import until

from assistant.channels.fhir import FhirInput
from assistant.escalation.cases import CaseBook
from assistant.escalation.hospital.names import CASE_SYSTEM, TURN_EXTENSION
from assistant.escalation.store import EscalationStore
from assistant.escalation.take_over import TakeOvers


@pytest.fixture
def credentials(credentials: dict[str, Any]) -> dict[str, Any]:
    """A Subscription's header is the same in each request, so its token must be good for many."""
    return {**credentials, "tokens": {**credentials["tokens"], "reusable": True}}


@pytest.fixture
def site(
    channel: FhirInput,
    agent: Any,
    hospital: Hospital,
    hub_keys: Keys,
    store: EscalationStore,
) -> Iterator[Site]:
    """The channel before the trained model."""
    with serving([channel], agent.handle_message, agent) as running:
        yield Site(running.url, hospital, hub_keys, store)


class Portal:
    """The patient's portal: drives the hospital's server with fhirpy."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client = SyncFHIRClient(site.hospital.base, extra_headers=OWN)
        self.patient = self.client.resource("Patient", name=[{"family": "Example"}])
        self.patient.save()
        self.last: str | None = None

    def subscribe(self, kind: str, payload: str | None, token: str) -> None:
        channel = {
            "type": "rest-hook",
            "endpoint": f"{self.site.url}/webhooks/fhir",
            "header": [f"Authorization: Bearer {token}"],
            **({"payload": payload} if payload else {}),
        }
        self.client.resource(
            "Subscription", status="active", reason="test", criteria=kind, channel=channel
        ).save()

    def say(self, text: str) -> dict[str, Any]:
        """Writes a message; returns the reply when it is there."""
        message = self.client.resource(
            "Communication",
            status="completed",
            subject=self.patient.to_reference().serialize(),
            sender=self.patient.to_reference().serialize(),
            payload=[{"contentString": text}],
        )
        message.save()
        reference = f"Communication/{message['id']}"
        found: list[dict[str, Any]] = []

        def there() -> bool:
            self.site.work()
            own = self.site.messages()
            found[:] = [one for one in own if _follows(one) == reference and not _notice(one)]
            return bool(found)

        until(there, "a reply")
        assert len(found) == 1
        return found[0]

    def told(self, kind: str, many: int) -> list[dict[str, Any]]:
        """Waits for notices of a kind."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            self.site.work()
            found[:] = [one for one in self.site.messages() if _notice(one) == kind]
            return len(found) == many

        until(there, f"{many} notices {kind}")
        return found


def _notice(message: dict[str, Any]) -> str | None:
    parts = message["extension"][0]["extension"]
    return next((part["valueCode"] for part in parts if part["url"] == "notice"), None)


def _follows(message: dict[str, Any]) -> str | None:
    return message.get("inResponseTo", [{}])[0].get("reference")


def kinds(message: dict[str, Any]) -> list[str]:
    """Of the turn's objects."""
    return [
        part["valueCode"]
        for extension in message.get("extension", [])
        for part in extension["extension"]
        if extension["url"] == TURN_EXTENSION and part["url"] == "kind"
    ]


def test_ten_turns_with_clarification_red_flag_nurse_and_acknowledgement_by_task(
    site: Site, hospital: Hospital, store: EscalationStore
) -> None:
    portal = Portal(site)
    token = site.hub.token(exp=4_000_000_000, jti=None)
    portal.subscribe("Communication", JSON_TYPE, token)
    portal.subscribe("Task", None, token)  # by id alone: we fetch it

    assert kinds(portal.say("hello")) == ["chitchat"]
    assert kinds(portal.say("What is the capital of France?")) == ["fallback"]
    first = portal.say("What is denosumab?")
    assert kinds(first) == ["answer"] and "denosumab" in text_of(first).lower()
    assert kinds(portal.say("how long will I have to take it?")) == ["answer"]
    offered = portal.say("scan")
    assert kinds(offered) == ["clarify"]
    options = [line for line in text_of(offered).splitlines() if line.startswith("1. ")]
    assert len(options) == 1
    chosen = portal.say("1")
    assert kinds(chosen) == ["answer"]

    flagged = portal.say("since this morning my legs are numb and I cannot control my bladder")
    assert kinds(flagged)[0] == "escalation" and flagged["priority"] == "stat"
    assert "999" in text_of(flagged) and "**" not in text_of(flagged)
    (case,) = CaseBook(store).open_cases()
    assert case.subject == f"Patient/{portal.patient['id']}"
    until(lambda: site.work() or site.hospital_search("Task"), "a task")
    (task,) = site.hospital_search("Task")
    assert (task["intent"], task["priority"]) == ("order", "stat")
    assert task["groupIdentifier"] == {"system": CASE_SYSTEM, "value": case.reference}
    assert task["for"] == {"reference": case.subject}
    assert [{"reference": task["focus"]["reference"]}] == flagged["inResponseTo"]
    assert hospital.validate(task) == []

    nurse = portal.client.resource("Task", **task)
    nurse["status"], nurse["owner"] = "accepted", {"display": "Nurse Joy"}
    nurse.save()
    (seen,) = portal.told("seen", 1)
    assert "saw your message" in text_of(seen)
    assert CaseBook(store).case(case.reference).acknowledged_by == "Nurse Joy"

    take_overs = TakeOvers(store)
    take_overs.begin(case.reference, "joy", "Joy")
    portal.told("taken-over", 1)
    assert kinds(portal.say("thank goodness, what shall I do")) == ["handoff"]
    take_overs.write(case.reference, "joy", "The ambulance is on its way to you, Anna.", "key-1")
    (line,) = portal.told("staff", 1)
    assert "Joy" in text_of(line) and "The ambulance is on its way to you, Anna." in text_of(line)
    take_overs.hand_back(case.reference, "joy")
    portal.told("handed-back", 1)
    assert kinds(portal.say("thanks")) == ["chitchat"]
    nurse["status"] = "completed"
    nurse.save()
    until(lambda: CaseBook(store).case(case.reference).state == "closed", "the case's end")
    assert kinds(portal.say("Can I exercise with bone metastases?")) == ["answer"]

    assert len(site.messages()) == 10 + 4
    for message in site.messages():
        assert hospital.validate(message) == []
