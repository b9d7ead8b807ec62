"""What the screen returns: red-flag mentions and the screening that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

Status = Literal["present", "past", "negated", "asked"]
Urgency = Literal["emergency", "same-day"]
Priority = Literal["page", "same-day", "review"]

STATUSES: tuple[Status, ...] = ("present", "past", "negated", "asked")
# Highest first: the order is the meaning.
URGENCIES: tuple[Urgency, ...] = ("emergency", "same-day")
PRIORITIES: tuple[Priority, ...] = ("page", "same-day", "review")

CATEGORIES_FILE = Path(__file__).parent / "categories.yml"


class CategoriesError(ValueError):
    """categories.yml holds something that is not allowed."""


@lru_cache(maxsize=1)
def categories() -> Mapping[str, Urgency]:
    """The red-flag categories with their urgency, as categories.yml has them.

    Raises:
        CategoriesError: a category's urgency is none of URGENCIES.

    Example:
        >>> categories()["fracture"]
        'emergency'
    """
    found = yaml.safe_load(CATEGORIES_FILE.read_text(encoding="utf-8"))
    for category, urgency in found.items():
        if urgency not in URGENCIES:
            raise CategoriesError(
                f"{CATEGORIES_FILE}: {category} has the urgency {urgency!r}; "
                f"allowed are {', '.join(URGENCIES)}"
            )
    return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Fired:
    """One reason for a mention.

    Attributes:
        by: id of the rule, "classifier", "combination/<id>" or "repeated".
        words: the patient's own words that fired.
        score: the classifier's probability; 1.0 where a rule fired.
        threshold: what the score had to reach; None where a rule fired by itself.
    """

    by: str
    words: str
    score: float = 1.0
    threshold: float | None = None


@dataclass(frozen=True)
class Mention:
    """A red-flag symptom that the patient named, in whatever status.

    Attributes:
        category: an id of categories.yml.
        urgency: the category's tier; a repetition may raise it, no status lowers it.
        status: present, past, negated or asked.
        priority: what staff do: page, same-day or review.
        words: the patient's own words that fired.
        fired: all that speaks for it, what decided status and words first.
    """

    category: str
    urgency: Urgency
    status: Status
    priority: Priority
    words: str
    fired: tuple[Fired, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The mention as JSON values: equal to what comes back out of a store."""
        return {**asdict(self), "fired": [asdict(one) for one in self.fired]}

    def __post_init__(self) -> None:
        if self.category not in categories():
            raise ValueError(
                f"unknown category {self.category!r}; allowed are {', '.join(categories())}"
            )
        if self.status not in STATUSES or self.priority not in PRIORITIES:
            raise ValueError(
                f"status {self.status!r}, priority {self.priority!r}; allowed are "
                f"{', '.join(STATUSES)} and {', '.join(PRIORITIES)}"
            )


@dataclass(frozen=True)
class Screening:
    """What the screen saw in one message.

    Attributes:
        mentions: at most one for each category, the most pressing first.
        complete: False when a budget was exceeded and only a part was read.
        failed: layers that raised. What they would have found is not known, so that the message
            is escalated as the most pressing there is.
    """

    mentions: tuple[Mention, ...] = ()
    complete: bool = True
    failed: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        """Whether the message must reach the escalation action."""
        return bool(self.mentions or self.failed)

    @property
    def urgency(self) -> Urgency | None:
        """The highest urgency of all mentions; None without one."""
        if self.failed:
            return URGENCIES[0]
        found = {mention.urgency for mention in self.mentions}
        return next((urgency for urgency in URGENCIES if urgency in found), None)

    @property
    def priority(self) -> Priority | None:
        """The highest priority of all mentions; None without one."""
        if self.failed:
            return PRIORITIES[0]
        found = {mention.priority for mention in self.mentions}
        return next((priority for priority in PRIORITIES if priority in found), None)


def merged(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """One mention for each category with all that fired, the most pressing first.

    Of equal ones the first stays, so a rule goes before the classifier.
    """
    by_category: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_category.setdefault(mention.category, []).append(mention)
    rank = PRIORITIES.index
    found = []
    for same in by_category.values():
        in_order = sorted(same, key=lambda mention: rank(mention.priority))
        fired = dict.fromkeys(reason for mention in in_order for reason in mention.fired)
        found.append(replace(in_order[0], fired=tuple(fired)))
    return tuple(sorted(found, key=lambda mention: rank(mention.priority)))
