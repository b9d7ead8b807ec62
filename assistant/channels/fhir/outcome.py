"""What we say about what was sent: FHIR's OperationOutcome, never with a patient's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

Severity = Literal["error", "warning", "information"]

MOST_ISSUES = 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# What pydantic and fhir.resources call their findings; the rest is a value that is not allowed.
_FINDINGS = {
    "value_error.missing": ("required", "is missing"),
    "value_error.extra": ("structure", "is not part of FHIR R4"),
    "type_error.none.not_allowed": ("value", "must not be null"),
    "value_error.wrong.resource_type": ("invalid", "is not the resource's own type"),
}


_ANY_VALUE = ("value", "has a value that FHIR R4 does not allow")


@dataclass(frozen=True)
class Issue:
    """One thing that is said about a request.

    Attributes:
        severity: "error", "warning" or "information".
        code: Of FHIR's issue-type.
        text: What is wrong and what is allowed.
        path: FHIRPath of the element, "" for the request as a whole.
    """

    severity: Severity
    code: str
    text: str
    path: str = ""


class OutcomeError(Exception):
    """A request that is refused.

    Args:
        status: HTTP status.
        issues: Why.
    """

    def __init__(self, status: int, *issues: Issue) -> None:
        super().__init__(f"{status} {issues[0].code}")
        self.status = status
        self.issues = issues


def refused(status: int, code: str, text: str, path: str = "") -> OutcomeError:
    """A request that is refused for one reason."""
    return OutcomeError(status, Issue("error", code, text, path))


def outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """The issues as an OperationOutcome."""
    shown = issues[:MOST_ISSUES] or [Issue("information", "informational", "Taken.")]
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": issue.severity,
                "code": issue.code,
                "diagnostics": issue.text,
                **({"expression": [issue.path]} if issue.path else {}),
            }
            for issue in shown
        ],
    }


def issues_of(error: ValidationError, kind: str) -> list[Issue]:
    """What fhir.resources found, with paths such as `Communication.payload[0].contentString`."""
    found = []
    for one in error.errors():
        where = [part for part in one["loc"] if part != "__root__"]
        code, text = _FINDINGS.get(one["type"], _ANY_VALUE)
        if not where or where == ["resource_type"]:
            where = ["resourceType"] if where else []
        elif "value from this list" in one["msg"] or "one field value is expected" in one["msg"]:
            code, text = "structure", "must have exactly one of its kinds of value"
        path = path_of(kind, where)
        found.append(Issue("error", code, f"{path} {text}.", path))
    return list(dict.fromkeys(found))


def path_of(kind: str, where: Sequence[object]) -> str:
    """A FHIRPath; names that FHIR cannot have are not repeated.

    >>> path_of("Communication", ["payload", 0, "contentString"])
    'Communication.payload[0].contentString'
    """
    path = kind
    for part in where:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _NAME.fullmatch(str(part)):
            path += f".{part}"
        else:
            path += ".(an unknown element)"
    return path


def within(issues: Sequence[Issue], kind: str, path: str) -> list[Issue]:
    """Issues of a Bundle's entry, with the path from the Bundle on."""
    return [
        replace(
            issue,
            path=path + issue.path.removeprefix(kind),
            text=issue.text.replace(f"{kind}.", f"{path}.", 1) if issue.path else issue.text,
        )
        for issue in issues
    ]
