"""Takes elements out of resources that may be at fault, without ever raising."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from fhir.resources.codeableconcept import CodeableConcept
from fhir.resources.core.fhirabstractmodel import FHIRAbstractModel
from fhir.resources.reference import Reference

LONGEST = 1000  # characters of a string that is carried over
_UNSENT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def dict_of(value: Any) -> dict[str, Any]:
    """The value where it is an object; an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """The value where it is a list; what should be one and is not counts as its only member."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def string_of(value: Any) -> str | None:
    """The value where it is a text that can be carried over."""
    if isinstance(value, str) and 0 < len(value.strip()) <= LONGEST and not _UNSENT.search(value):
        return value.strip()
    return None


def identifiers_of(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """System ("" for none) and value of each identifier."""
    found = [dict_of(one) for one in list_of(resource.get("identifier"))]
    return [
        (string_of(one.get("system")) or "", value)
        for one in found
        if (value := string_of(one.get("value")))
    ]


def reference_of(value: Any, resource: dict[str, Any]) -> dict[str, Any] | None:
    """A reference that holds outside of its resource: what it contains is named by identifier."""
    given = dict_of(value)
    target = given.get("reference")
    if isinstance(target, str) and target.startswith("#"):
        held = (dict_of(one) for one in list_of(resource.get("contained")))
        inner = next((one for one in held if one.get("id") == target[1:]), {})
        identifier = next(iter(list_of(inner.get("identifier"))), None)
        given = {"identifier": identifier} if identifier else {}
    kept = {
        name: given[name]
        for name in ("reference", "type", "identifier", "display")
        if given.get(name) is not None
    }
    if not kept.keys() & {"reference", "identifier"}:
        return None
    return _checked(Reference, kept)


def concept_of(value: Any) -> dict[str, Any] | None:
    """A CodeableConcept without what its resource alone could explain."""
    kept = {
        name: value_
        for name in ("coding", "text")
        if (value_ := dict_of(value).get(name)) is not None
    }
    return _checked(CodeableConcept, kept) if kept else None


def key_of(reference: dict[str, Any] | None) -> str:
    """What a reference names, as one text; "" for nothing. The server's own address is left out."""
    given = dict_of(reference)
    target = string_of(given.get("reference"))
    if target is not None:
        return relative(target)
    identifier = dict_of(given.get("identifier"))
    value = string_of(identifier.get("value"))
    return f"{string_of(identifier.get('system')) or ''}|{value}" if value else ""


def relative(reference: str) -> str:
    """The last two parts of an address, without the version.

    >>> relative("https://fhir.hospital.example/r4/Patient/7/_history/2")
    'Patient/7'
    """
    parts = reference.split("/_history/")[0].rsplit("/", 2)
    return "/".join(parts[-2:])


def kind_of(reference: dict[str, Any]) -> str | None:
    """The type of what a reference names, where it says so."""
    given = string_of(reference.get("type"))
    target = string_of(reference.get("reference"))
    if target is not None and "/" in target:
        return relative(target).split("/")[0]
    return given


def moment_of(value: Any) -> datetime | None:
    """A dateTime with its zone, in UTC; None for what is none."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(_six_digits(value.replace("Z", "+00:00")))
        return moment.astimezone(timezone.utc) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _six_digits(value: str) -> str:
    """Fractions of a second as Python 3.10 reads them."""
    return re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:0<6}", value)


def _checked(model: type[FHIRAbstractModel], value: dict[str, Any]) -> dict[str, Any] | None:
    try:
        model.parse_obj(value)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not carried over
        return None
    return value if _is_clean(value) else None


def _is_clean(value: Any) -> bool:
    """Whether all texts in it can be stored and sent."""
    if isinstance(value, dict):
        return all(_is_clean(name) and _is_clean(one) for name, one in value.items())
    if isinstance(value, list):
        return all(map(_is_clean, value))
    if isinstance(value, str):
        return len(value) <= LONGEST and not _UNSENT.search(value)
    return True
