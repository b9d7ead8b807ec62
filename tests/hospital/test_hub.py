"""The plain webhook: JSON in, signed JSON out, with the guarantees of the FHIR channel."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from our_side import SECRET, settings_of
from serving import serving
from waiting import until

sys.path.insert(0, str(Path(__file__).parent.parent / "reliability"))
from receiver import SECRET as CALLBACK_SECRET
from receiver import Receiver

from assistant.channels.hub import HubInput
from assistant.escalation.delivery.process import Worker
from assistant.escalation.delivery.webhook import signature
from assistant.escalation.store import patient_store


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The hub's own address for replies; it checks signatures."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def hub(settings: Path, hospital: Any, our_keys: Any, receiver: Receiver, assistant: Any) -> Any:
    webhooks = {"hub": {"url": receiver.url, "secret": CALLBACK_SECRET}}
    settings.write_text(yaml.safe_dump(settings_of(hospital, our_keys, webhooks=webhooks)))
    channel = HubInput.from_credentials({"callback": "hub", "signatures": {"secret": SECRET}})
    with serving([channel], assistant) as running:
        yield running


def send(url: str, content: Any, secret: str = SECRET, key: str = "") -> requests.Response:
    body = json.dumps(content).encode()
    key, timestamp = key or f"{time.monotonic_ns()}", str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature(secret, key, timestamp, body)}",
    }
    return requests.post(f"{url}/webhooks/hub/", data=body, headers=headers, timeout=60)


MESSAGE = {"message_id": "m1", "patient": "p-4711", "thread": "t1", "text": "What is denosumab?"}


def test_a_message_is_answered_once_by_a_signed_callback(
    hub: Any, receiver: Receiver, assistant: Any
) -> None:
    for known in (False, True, True):
        answer = send(hub.url, MESSAGE)
        assert (answer.status_code, answer.json()) == (202, {"taken": True, "known": known})
    worker = Worker(patient_store())
    until(lambda: worker.step() or receiver.acted, "the callback")
    (reply,) = receiver.acted.values()
    assert {name: reply[name] for name in ("type", "patient", "thread", "in_reply_to")} == {
        "type": "reply",
        "patient": "p-4711",
        "thread": "t1",
        "in_reply_to": "m1",
    }
    assert reply["text"] == "You wrote 18 characters." and reply["turns"][0]["kind"] == "answer"
    (seen,) = assistant.seen
    assert "4711" not in seen.sender_id and seen.input_channel == "hub"


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": 7},
        {"text": ""},
        {"patient": None},
        {"message_id": ["x"]},
        {"sent": "yesterday"},
        {"attachments": "two"},
        {"wrods": "numb"},
    ],
)
def test_wrong_content_is_refused_with_what_is_allowed(hub: Any, change: dict) -> None:
    answer = send(hub.url, {**MESSAGE, **change})
    assert answer.status_code == 400 and answer.json().keys() == {"error", "given", "allowed", "do"}


def test_strangers_are_refused(hub: Any, assistant: Any) -> None:
    assert send(hub.url, MESSAGE, secret="another secret that nobody knows").status_code == 401
    assert requests.post(f"{hub.url}/webhooks/hub/", json=MESSAGE, timeout=60).status_code == 401
    assert assistant.seen == []
