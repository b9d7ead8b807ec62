"""Reads what a hospital sends: patients' messages, our Tasks, names of what to fetch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fhir.resources.communication import Communication
from fhir.resources.task import Task
from pydantic import ValidationError

from assistant.channels.fhir.elements import dict_of, identifiers_of, list_of, string_of
from assistant.channels.fhir.message import arrival_of, is_from_patient
from assistant.channels.fhir.outcome import Issue, issues_of, refused, within
from assistant.escalation.hospital.arrival import Arrival, Fetch, TaskUpdate
from assistant.escalation.hospital.names import MESSAGE_SYSTEM, TASK_SYSTEM

MOST_ENTRIES = 200
KINDS = ("Communication", "Task")
_OF_MESSAGES = "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
_OF_TASKS = (
    "draft requested received accepted rejected ready cancelled in-progress on-hold failed "
    "completed entered-in-error"
)
STATUSES = {"Communication": tuple(_OF_MESSAGES.split()), "Task": tuple(_OF_TASKS.split())}
UNSAID = ("preparation", "not-done", "entered-in-error")
_REFERENCE = re.compile(
    r"(?:.*/)?(Communication|Task)/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?"
)

Item = Arrival | Fetch | TaskUpdate


@dataclass
class Reading:
    """What a request holds.

    Attributes:
        items: What is to be kept.
        issues: What is said about it.
        is_sound: Whether anything in it is to be kept and has no fault.
    """

    items: list[Item] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    is_sound: bool = False

    @property
    def is_faulty(self) -> bool:
        """Whether anything in it is wrong."""
        return any(issue.severity == "error" for issue in self.issues)

    def say(self, code: str, text: str, path: str) -> None:
        """Adds something that is good to know and no fault."""
        self.issues.append(Issue("information", code, text, path))


def parse(body: bytes) -> dict[str, Any]:
    """Reads a request's body as a JSON object.

    Raises:
        OutcomeError: 400.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise refused(
            400, "structure", f"The body ({len(body)} bytes) is no JSON in UTF-8."
        ) from None
    if not isinstance(value, dict):
        raise refused(400, "structure", "The body must be one resource, a JSON object.")
    return value


def read(resource: dict[str, Any], route: str) -> Reading:
    """Reads a resource or a Bundle of them.

    Words of a patient are read even where the resource around them is at fault: it may be urgent.

    Args:
        resource: The JSON object.
        route: Where replies go.

    Raises:
        OutcomeError: 400 for what is no resource, 422 for one that holds nothing for us.
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind:
        raise refused(
            400,
            "structure",
            "The body has no resourceType; send Communication, Task or Bundle.",
            "resourceType",
        )
    if kind == "Bundle":
        return _read_bundle(resource, route)
    if kind not in KINDS:
        raise refused(
            422,
            "not-supported",
            "Allowed are Communication, Task, and Bundle of these.",
            "resourceType",
        )
    return _read_one(resource, kind, route)


def fetch_of(reference: object, route: str) -> Fetch | None:
    """What a reference names, where it is a Communication or a Task."""
    found = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    return Fetch(route, f"{found[1]}/{found[2]}", found[3] or "") if found else None


def _read_bundle(bundle: dict[str, Any], route: str) -> Reading:
    reading = Reading()
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not entries:
        raise refused(422, "required", "Bundle.entry must hold at least one entry.", "Bundle.entry")
    if len(entries) > MOST_ENTRIES:
        text = f"Bundle.entry has {len(entries)} entries; at most {MOST_ENTRIES} are taken at once."
        raise refused(413, "too-long", text, "Bundle.entry")
    for number, entry in enumerate(entries):
        path = f"Bundle.entry[{number}]"
        resource = dict_of(entry).get("resource")
        if resource is None:
            request = dict_of(dict_of(entry).get("request"))
            named = [dict_of(entry).get("fullUrl"), request.get("url")]
            found = [one for name in named if (one := fetch_of(name, route))]
            reading.items += found[:1]
            continue
        inner = dict_of(resource)
        kind = inner.get("resourceType")
        if kind in KINDS:
            entry_reading = _read_one(inner, str(kind), route)
            reading.items += entry_reading.items
            reading.issues += within(entry_reading.issues, str(kind), f"{path}.resource")
            reading.is_sound |= entry_reading.is_sound
        elif kind in ("SubscriptionStatus", "Parameters"):
            reading.items += [one for name in _focuses(inner) if (one := fetch_of(name, route))]
        elif not isinstance(kind, str):
            where = f"{path}.resource"
            text = f"{where} must be a resource with a resourceType."
            reading.issues.append(Issue("error", "structure", text, where))
    given = {one.reference for one in reading.items if isinstance(one, Arrival)}
    reading.items = [
        one for one in reading.items if not (isinstance(one, Fetch) and one.reference in given)
    ]
    reading.is_sound |= any(isinstance(one, Fetch) for one in reading.items)
    if not reading.items and not reading.issues:
        text = "Bundle.entry holds no Communication and no Task."
        raise refused(422, "not-supported", text, "Bundle.entry")
    return reading


def _read_one(resource: dict[str, Any], kind: str, route: str) -> Reading:
    reading = Reading(issues=_faults(resource, kind))
    if kind == "Task":
        _read_task(resource, reading)
        return reading
    status = resource.get("status")
    if any(system == MESSAGE_SYSTEM for system, _ in identifiers_of(resource)):
        reading.say("informational", "Our own message: nothing is answered.", kind)
    elif status in UNSAID:
        text = f"A message of status {status} was not said: nothing is answered."
        reading.say("informational", text, f"{kind}.status")
    elif not is_from_patient(resource):
        text = "Not written by a patient or a relative: nothing is answered."
        reading.say("informational", text, f"{kind}.sender")
    else:
        arrival = arrival_of(resource, route)
        if arrival.text is None and not arrival.refusals:
            if not reading.is_faulty:
                text = f"{kind}.payload holds nothing to read; a contentString is needed."
                reading.issues.append(Issue("error", "required", text, f"{kind}.payload"))
            return reading
        reading.items.append(arrival)
        reading.is_sound = not reading.is_faulty
        if reading.is_faulty:
            reading.say("incomplete", "Its words are read all the same: they may be urgent.", kind)
    return reading


def _read_task(resource: dict[str, Any], reading: Reading) -> None:
    if reading.is_faulty:
        return
    keys = [value for system, value in identifiers_of(resource) if system == TASK_SYSTEM]
    if not keys:
        reading.say("informational", "No Task of ours: nothing is done.", "Task.identifier")
        return
    owner = dict_of(resource.get("owner"))
    who = string_of(owner.get("display")) or string_of(owner.get("reference")) or "the hospital"
    reading.items.append(TaskUpdate(keys[0], str(resource["status"]), who))
    reading.is_sound = True


def _faults(resource: dict[str, Any], kind: str) -> list[Issue]:
    """What is wrong by FHIR R4; fhir.resources checks all but the required codes."""
    model = Communication if kind == "Communication" else Task
    found: list[Issue] = []
    try:
        model.parse_obj(resource)
    except ValidationError as error:
        found = issues_of(error, kind)
    except Exception as error:  # noqa: BLE001 - whatever a strange resource makes it raise
        text = f"{kind} cannot be read ({type(error).__name__})."
        found = [Issue("error", "structure", text, kind)]
    path = f"{kind}.status"
    if resource.get("status") not in STATUSES[kind] and not any(one.path == path for one in found):
        text = f"{path} must be one of {', '.join(STATUSES[kind])}."
        found.append(Issue("error", "code-invalid", text, path))
    return found


def _focuses(status: dict[str, Any]) -> Iterator[object]:
    """What a Subscription's notification is about, in the forms of R5 and of R4's backport."""
    for event in list_of(status.get("notificationEvent")):
        yield dict_of(dict_of(event).get("focus")).get("reference")
    for parameter in list_of(status.get("parameter")):
        for part in list_of(dict_of(parameter).get("part")):
            if dict_of(part).get("name") == "focus":
                yield dict_of(dict_of(part).get("valueReference")).get("reference")


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
