"""A patient's message out of a Communication, read leniently: a red flag may be in an odd one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from assistant.channels.fhir.elements import (
    concept_of,
    dict_of,
    identifiers_of,
    key_of,
    kind_of,
    list_of,
    moment_of,
    reference_of,
    string_of,
)
from assistant.channels.incoming import clean
from assistant.escalation.hospital.arrival import Arrival

OTHERS = ("Practitioner", "PractitionerRole", "Organization", "Device", "HealthcareService")
DEEPEST = 8
_FILE_NAME = re.compile(r"\S+")
_TAG = re.compile(r"<[^>]*>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def is_from_patient(resource: dict[str, Any]) -> bool:
    """Whether a patient or a relative wrote it: whoever is not known to be somebody else."""
    sender = dict_of(resource.get("sender"))
    target = sender.get("reference")
    if isinstance(target, str) and target.startswith("#"):
        held = (dict_of(one) for one in list_of(resource.get("contained")))
        kind = next((one.get("resourceType") for one in held if one.get("id") == target[1:]), None)
    else:
        kind = kind_of(sender)
    return kind not in OTHERS


def arrival_of(resource: dict[str, Any], route: str) -> Arrival:
    """Reads a Communication, whether it is valid or not; never raises.

    Args:
        resource: The JSON object.
        route: Where replies go.
    """
    own_id = resource.get("id")
    is_id = isinstance(own_id, str) and _ID.fullmatch(own_id)
    reference = f"Communication/{own_id}" if is_id else None
    identifiers = identifiers_of(resource)
    sender = reference_of(resource.get("sender"), resource)
    subject = reference_of(resource.get("subject"), resource)
    if subject is None and sender is not None and kind_of(sender) != "RelatedPerson":
        subject = sender
    encounter = reference_of(resource.get("encounter"), resource)
    parts = _references(resource, "partOf")
    earlier = _references(resource, "inResponseTo")
    language = resource.get("language")
    is_language = isinstance(language, str) and _LANGUAGE.fullmatch(language)
    followed = _followed(reference, identifiers)
    address = {
        "subject": subject,
        "recipient": sender or subject,
        "encounter": encounter,
        "topic": concept_of(resource.get("topic")),
        "partOf": parts,
        "inResponseTo": [followed] if followed else [],
        "language": language if is_language else None,
    }
    identities = (
        *(f"{system}|{value}" for system, value in identifiers),
        *([reference] if reference else []),
    )
    words = clean("\n\n".join(_words(resource))).strip()
    # Messages of nobody we can tell have nothing in common.
    somebody = key_of(subject) or key_of(sender) or f"?{next(iter(identities), uuid.uuid4().hex)}"
    return Arrival(
        route=route,
        subject=somebody,
        reference=reference,
        identities=identities,
        threads=tuple(filter(None, [*map(key_of, parts[:1]), key_of(encounter)])),
        follows=tuple(filter(None, map(key_of, [*parts, *earlier]))),
        text=words or None,
        refusals=tuple(_refusals(resource)),
        sent_at=moment_of(resource.get("sent")),
        address={name: value for name, value in address.items() if value},
        answerable=bool(followed or subject),
    )


def _references(resource: dict[str, Any], name: str) -> list[dict[str, Any]]:
    given = list_of(resource.get(name))
    return [one for value in given if (one := reference_of(value, resource))]


def _followed(reference: str | None, identifiers: list[tuple[str, str]]) -> dict[str, Any] | None:
    """The message itself, as its reply names it."""
    if reference is not None:
        return {"reference": reference}
    if identifiers:
        system, value = identifiers[0]
        named = {"value": value, **({"system": system} if system else {})}
        return {"type": "Communication", "identifier": named}
    return None


def _words(resource: dict[str, Any]) -> Iterator[str]:
    """What the patient wrote: strings, captions of what cannot be read; of an odd resource all."""
    found = False
    for part in list_of(resource.get("payload")):
        text = dict_of(part).get("contentString")
        if isinstance(text, str) and text.strip():
            found = True
            yield text
        for name, caption in (("contentAttachment", "title"), ("contentReference", "display")):
            words = string_of(dict_of(dict_of(part).get(name)).get(caption))
            if words and not _FILE_NAME.fullmatch(words):
                yield words
    if found:
        return
    readable = dict_of(resource.get("payload")) or [
        {name: value for name, value in dict_of(one).items() if not _is_known(name)}
        if isinstance(one, dict)
        else one
        for one in list_of(resource.get("payload"))
    ]
    yield from _strings([readable, resource.get("note"), resource.get("contentString")])
    narrative = dict_of(resource.get("text")).get("div")
    if isinstance(narrative, str):
        yield _TAG.sub(" ", narrative).strip()


def _is_known(name: object) -> bool:
    return name in ("contentAttachment", "contentReference", "id", "extension")


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < DEEPEST and isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one, depth + 1)


def _refusals(resource: dict[str, Any]) -> Iterator[str]:
    for part in list_of(resource.get("payload")):
        for name, kind in (("contentAttachment", "attachment"), ("contentReference", "reference")):
            if dict_of(part).get(name) is not None:
                yield kind
