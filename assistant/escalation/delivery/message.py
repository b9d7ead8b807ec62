"""What a notification says: as little as is needed to come and look, and no patient's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.escalation.escalation import PERSON_WANTED

REASONS = {
    "opened": "New",
    "raised": "More urgent now",
    "again": "The patient has written again",
    "overdue": "NOT ACKNOWLEDGED IN TIME",
    "list": "Working list",
}
PRIORITY_NAMES = {
    "page": "EMERGENCY",
    "same-day": "same day",
    "person": "wants to talk to a person",
    "review": "for review",
}


@dataclass(frozen=True)
class Origin:
    """Where a case of a hospital's own messaging came from; told to its own server alone.

    Attributes:
        route: "fhir:<server>" or "webhook:<name>".
        subject: Reference to the patient.
        encounter: Reference to the encounter.
        message: The patient's message on their server, "Communication/123".
    """

    route: str
    subject: dict[str, Any] | None
    encounter: dict[str, Any] | None
    message: str | None


@dataclass(frozen=True)
class Case:
    """A case as a notification shows it; `origin` is shown to the hospital's own server alone."""

    reference: str
    kind: str
    priority: str
    categories: tuple[str, ...]
    opened_at: datetime
    origin: Origin | None = None


@dataclass(frozen=True)
class Notification:
    """What one target of one contact is told.

    Attributes:
        key: The same for each attempt: a receiver that has seen it ignores it.
        reason: Why, a key of `REASONS`.
        cases: One, or those of a working list.
        link: Where to look and acknowledge; one use, and it expires.
    """

    key: str
    reason: str
    cases: Sequence[Case]
    link: str

    @property
    def title(self) -> str:
        """One line, for example "EMERGENCY: case 7F3A21C0"."""
        if self.reason == "list":
            return f"Working list: {len(self.cases)} to review"
        case = self.cases[0]
        return f"{PRIORITY_NAMES.get(case.priority, case.priority)}: case {case.reference}"

    @property
    def body(self) -> str:
        """The lines below the title."""
        lines = [f"{REASONS.get(self.reason, self.reason)}."]
        lines += [_line(case) for case in self.cases]
        return "\n".join([*lines, f"See and acknowledge: {self.link}"])

    @property
    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "key": self.key,
            "reason": self.reason,
            "cases": [
                {
                    "reference": case.reference,
                    "kind": case.kind,
                    "priority": case.priority,
                    "categories": list(case.categories),
                    "opened_at": f"{case.opened_at.isoformat()}Z",
                }
                for case in self.cases
            ],
            "link": self.link,
        }


def about(kind: str, categories: Sequence[str]) -> str:
    """What a case is about, in a few words."""
    if kind == PERSON_WANTED:
        return "a wish to talk to a person"
    return ", ".join(map(category_name, categories)) or "a message that could not be read"


def category_name(category: str) -> str:
    """A category of red flags as people read it.

    >>> category_name("cord-compression")
    'cord compression'
    """
    return category.replace("-", " ")


def _line(case: Case) -> str:
    what = about(case.kind, case.categories)
    return f"{case.reference}: {what}, {case.opened_at:%d %b %H:%M} UTC"
