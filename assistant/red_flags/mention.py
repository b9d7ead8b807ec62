"""What the screen returns: red-flag mentions and the screening that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

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
class Mention:
    """A red-flag symptom that the patient named, in whatever status.

    Attributes:
        category: an id of categories.yml.
        urgency: the category's tier; no status lowers it.
        status: present, past, negated or asked.
        priority: what staff do: page, same-day or review.
        words: the patient's own words that fired.
        source: id of the rule, or "classifier".
        score: the classifier's probability; 1.0 where a rule fired.
    """

    category: str
    urgency: Urgency
    status: Status
    priority: Priority
    words: str
    source: str
    score: float = 1.0

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
        complete: False when a budget was exceeded, or a layer failed, and only the other read on.
    """

    mentions: tuple[Mention, ...] = ()
    complete: bool = True

    @property
    def flagged(self) -> bool:
        """Whether the message must reach the escalation action."""
        return bool(self.mentions)

    @property
    def urgency(self) -> Urgency | None:
        """The highest urgency of all mentions; None without one."""
        found = {mention.urgency for mention in self.mentions}
        return next((urgency for urgency in URGENCIES if urgency in found), None)

    @property
    def priority(self) -> Priority | None:
        """The highest priority of all mentions; None without one."""
        found = {mention.priority for mention in self.mentions}
        return next((priority for priority in PRIORITIES if priority in found), None)


def more_pressing(one: Mention, other: Mention) -> Mention:
    """The mention with the higher priority; `one` where they are equal."""
    rank = PRIORITIES.index
    return other if rank(other.priority) < rank(one.priority) else one
