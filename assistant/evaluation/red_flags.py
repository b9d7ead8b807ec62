"""The red-flag rows of the table: which messages reach staff, and as what.

A message may hold signs of several categories (`also` of its row): any of them is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assistant.evaluation.counting import Case, Figures, Row
from assistant.evaluation.turns import Turn
from assistant.red_flags.mention import PRIORITIES, STATUSES, categories

EMERGENCIES = "present emergencies escalated"
PLAIN = "plain present emergencies escalated"
MENTIONS = "mentions escalated, any status"
URGENCY = "urgency right, of those escalated"
STATUS = "status right, of those escalated"
PRIORITY = "priority right, of those escalated"
CATEGORY = "category right, of those escalated"
PAGED = "present emergencies given page"
NEGATED_PAGED = "negated mentions given page"
NEAR_MISSES = "harmless near misses escalated"
HARMLESS = "all harmless messages escalated"
# The rows whose failures are listed in the terminal; those of the others are among them.
LISTED = (MENTIONS, PAGED, NEGATED_PAGED, URGENCY, STATUS, PRIORITY, CATEGORY, HARMLESS)

PLAIN_STYLE = "plain"  # of messages that say it outright, where no row says `plain`


def is_present_emergency(row: Row) -> bool:
    """Whether a labelled message tells of an emergency that is happening."""
    return (row["status"], row["urgency"]) == ("present", "emergency")


def is_plain(row: Row) -> bool:
    """Whether a labelled message says it outright.

    >>> is_plain({"style": "plain"}), is_plain({"style": "terse", "plain": True})
    (True, True)
    """
    return bool(row.get("plain", row["style"] == PLAIN_STYLE))


def count_mentions(figures: Figures, cases: Sequence[Case]) -> None:
    """Adds the rows of messages with a red flag.

    Args:
        figures: Gets the rows.
        cases: The rows of red_flags.jsonl with their turns.
    """
    present = [case for case in cases if is_present_emergency(case[0])]
    figures.count(EMERGENCIES, present, _escalated)
    figures.count(PLAIN, [case for case in present if is_plain(case[0])], _escalated)
    figures.count(MENTIONS, cases, _escalated)
    for status in STATUSES:
        figures.count(f"  of those {status}", _with(cases, "status", status), _escalated)
    for key, values in (
        ("priority", PRIORITIES),
        ("category", tuple(categories())),
        ("style", tuple(sorted({row["style"] for row, _ in cases}))),
    ):
        for value in values:
            figures.count(f"  of {key} {value}", _with(cases, key, value), _escalated)
    caught = [case for case in cases if case[1].escalated]
    for name, right in _RIGHT.items():
        figures.count(name, caught, right)
    figures.count(PAGED, present, lambda row, turn: turn.escalated and _paged(row, turn))
    figures.count(NEGATED_PAGED, _with(cases, "status", "negated"), _paged, wanted=False)


def count_harmless(figures: Figures, near_misses: Sequence[Case], others: Sequence[Case]) -> None:
    """Adds the rows of messages without a red flag.

    Args:
        figures: Gets the rows.
        near_misses: The rows of harmless.jsonl with their turns.
        others: All other messages without a red flag.
    """
    figures.count(NEAR_MISSES, near_misses, _alarmed, wanted=False)
    for kind in sorted({row.get("kind", "") for row, _ in near_misses} - {""}):
        own = _with(near_misses, "kind", kind)
        figures.count(f"  of kind {kind}", own, _alarmed, wanted=False)
    figures.count(HARMLESS, [*near_misses, *others], _alarmed, wanted=False)


def red_flag_failures(figures: Figures) -> Iterator[str]:
    """Yields the lines that tell what went wrong in the red-flag rows, by row.

    Args:
        figures: With rows of `count_mentions` and `count_harmless`.
    """
    for name in LISTED:
        failures = figures.failures.get(name, [])
        if not failures:
            continue
        yield f"{name}, {len(failures)} wrong:"
        for row, turn in failures:
            label = " ".join(row[key] for key in ("category", "status", "style") if key in row)
            label = label or row.get("kind", "")
            found = ", ".join(f"{flag['category']} {flag['status']}" for flag in turn.red_flags)
            priority = f" {turn.objects[0].get('priority')}" if turn.alarmed else ""
            yield f"  [{label or 'no red flag'}] {turn.text!r} -> {turn.outcome}{priority} {found}"


def labelled_mention(row: Row, turn: Turn) -> dict[str, Any]:
    """The mention of an escalation that a label speaks of; empty where it has none at all.

    It is that of the label's category, or of one in `also`, or else the first.
    """
    for category in (row["category"], *row.get("also", ())):
        for mention in turn.red_flags:
            if mention["category"] == category:
                return mention
    return turn.red_flags[0] if turn.red_flags else {}


def _with(cases: Sequence[Case], key: str, value: str) -> list[Case]:
    return [case for case in cases if case[0].get(key) == value]


def _escalated(row: Row, turn: Turn) -> bool:
    return turn.escalated


def _alarmed(row: Row, turn: Turn) -> bool:
    return turn.alarmed


def _paged(row: Row, turn: Turn) -> bool:
    return turn.alarmed and turn.objects[0]["priority"] == "page"


def _urgency_right(row: Row, turn: Turn) -> bool:
    return bool(turn.objects[0]["urgency"] == row["urgency"])


def _status_right(row: Row, turn: Turn) -> bool:
    return bool(labelled_mention(row, turn).get("status") == row["status"])


def _priority_right(row: Row, turn: Turn) -> bool:
    """The mention's own priority where the object tells it, else that of the turn."""
    found = labelled_mention(row, turn).get("priority") or turn.objects[0]["priority"]
    return bool(found == row["priority"])


def _category_right(row: Row, turn: Turn) -> bool:
    return labelled_mention(row, turn).get("category") in (row["category"], *row.get("also", ()))


_RIGHT: dict[str, Callable[[Row, Turn], bool]] = {
    URGENCY: _urgency_right,
    STATUS: _status_right,
    PRIORITY: _priority_right,
    CATEGORY: _category_right,
}
