"""The FHIR R4 resources that we send: messages, and tasks for escalations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from assistant.escalation.delivery.message import Case, Notification, about
from assistant.escalation.duty.recipients import FhirServer
from assistant.escalation.hospital.names import (
    CASE_SYSTEM,
    CATEGORY_SYSTEM,
    MESSAGE_SYSTEM,
    TASK_SYSTEM,
    TURN_EXTENSION,
)

Resource = dict[str, Any]

PRIORITIES = {"page": "stat", "same-day": "urgent", "person": "routine", "review": "routine"}
_MARKS = re.compile(r"\*\*|(?<!\w)__|__(?!\w)")
# The keys of the turn's object that have parts of their own in the extension.
_CODES = ("kind", "urgency", "priority", "notice")


def reply(
    server: FhirServer,
    key: str,
    address: Resource,
    texts: Sequence[str],
    turns: Sequence[dict[str, Any]],
    at: datetime,
) -> Resource:
    """A message to a patient.

    Args:
        server: Of the hospital; names the sender.
        key: Unique: the server creates what has it only once.
        address: What is carried over from the patient's message, see `reading.address_of`.
        texts: The words, in order.
        turns: The turn's objects, the first one first.
        at: When it was written, UTC.
    """
    carried = {
        name: address[name]
        for name in ("language", "partOf", "inResponseTo", "topic", "subject", "encounter")
        if address.get(name)
    }
    priorities = [PRIORITIES[one] for turn in turns if (one := turn.get("priority")) in PRIORITIES]
    extensions = [turn_extension(turn) for turn in turns]
    return {
        "resourceType": "Communication",
        **({"extension": extensions} if extensions else {}),
        "identifier": [{"system": MESSAGE_SYSTEM, "value": key}],
        "status": "completed",
        **({"priority": priorities[0]} if priorities else {}),
        **carried,
        "sent": instant(at),
        **({"recipient": [address["recipient"]]} if address.get("recipient") else {}),
        "sender": _sender(server),
        "payload": [{"contentString": plain("\n\n".join(texts))}],
    }


def bare(resource: Resource) -> Resource:
    """A message without all that a server may dislike and a patient can do without."""
    dispensable = ("extension", "language", "partOf", "topic", "encounter", "priority")
    return {name: value for name, value in resource.items() if name not in dispensable}


def turn_extension(turn: dict[str, Any]) -> Resource:
    """The turn's object as an extension, see docs/hospital-integration.md.

    >>> turn_extension({"kind": "answer"})["extension"]
    [{'url': 'kind', 'valueCode': 'answer'}]
    """
    parts: list[Resource] = [
        {"url": name, "valueCode": str(turn[name])} for name in _CODES if turn.get(name)
    ]
    for entry in turn.get("faq") or []:
        values: list[Resource] = [{"url": "id", "valueCode": str(entry["id"])}]
        if entry.get("score") is not None:
            values.append({"url": "score", "valueDecimal": float(entry["score"])})
        parts.append({"url": "faq", "extension": values})
    for flag in turn.get("red_flags") or []:
        named = ("category", "urgency", "status")
        values = [{"url": name, "valueCode": str(flag[name])} for name in named if flag.get(name)]
        if flag.get("words"):
            values.append({"url": "words", "valueString": str(flag["words"])})
        if values:
            parts.append({"url": "redFlag", "extension": values})
    parts += [{"url": "source", "valueString": str(one)} for one in turn.get("sources") or []]
    if turn.get("reviewed"):
        parts.append({"url": "reviewed", "valueDate": str(turn["reviewed"])})
    if turn.get("message_id"):
        parts.append({"url": "messageId", "valueString": str(turn["message_id"])})
    return {"url": TURN_EXTENSION, "extension": parts}


def task(
    server: FhirServer, name: str, notification: Notification, case: Case, at: datetime
) -> Resource:
    """A case as a task for the hospital's staff.

    Args:
        server: Of the hospital.
        name: Of the server in the settings: only what is about its own patients is referred to.
        notification: What one contact is told.
        case: One of its cases.
        at: The present moment, UTC.
    """
    own = case.origin if case.origin and case.origin.route == f"fhir:{name}" else None
    categories = [{"system": CATEGORY_SYSTEM, "code": one} for one in case.categories]
    reason = {"text": about(case.kind, case.categories)}
    return {
        "resourceType": "Task",
        "identifier": [{"system": TASK_SYSTEM, "value": task_key(notification, case)}],
        "groupIdentifier": {"system": CASE_SYSTEM, "value": case.reference},
        "status": "requested",
        "intent": "order",
        "priority": PRIORITIES.get(case.priority, "stat"),
        "code": {"text": "See and acknowledge what a patient wrote to the assistant"},
        "description": f"{notification.title}\n{notification.body}",
        **({"focus": {"reference": own.message}} if own and own.message else {}),
        **({"for": own.subject} if own and own.subject else {}),
        **({"encounter": own.encounter} if own and own.encounter else {}),
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "requester": _sender(server),
        **({"owner": {"reference": server.task_owner}} if server.task_owner else {}),
        "reasonCode": {"coding": categories, **reason} if categories else reason,
        "input": [
            {"type": {"text": "Where to see and acknowledge"}, "valueUrl": notification.link}
        ],
    }


def task_key(notification: Notification, case: Case) -> str:
    """By what a task is known: the notification's key, and the case where it holds several."""
    return f"{notification.key}.{case.reference}"


def instant(at: datetime) -> str:
    """A moment, UTC, as FHIR writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def plain(text: str) -> str:
    """A text without marks for bold: portals show a string as it is.

    >>> plain("Call **999** now.")
    'Call 999 now.'
    """
    return _MARKS.sub("", text)


def _sender(server: FhirServer) -> Resource:
    reference = {"reference": server.sender_reference} if server.sender_reference else {}
    return {**reference, "display": server.sender}
