"""What an answer's review state means today: whether it is overdue, whether it is shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

from assistant.site import Site


def is_overdue(response: dict[str, Any], today: dt.date) -> bool:
    """Whether a response's answer should have been read again before today."""
    due = response["metadata"]["review_due"]
    return due is not None and dt.date.fromisoformat(due) < today


def is_withdrawn(response: dict[str, Any], site: Site, today: dt.date) -> bool:
    """Whether the site does not show a response's answer (`withdraw` in site.yml)."""
    if site.withdraw == "nothing":
        return False
    unsigned = response["metadata"]["reviewed"] is None
    return is_overdue(response, today) or (unsigned and site.withdraw == "unreviewed")


def review_fields(response: dict[str, Any], today: dt.date) -> dict[str, Any]:
    """The fields of the turn's object that tell the review state of an answer."""
    fields = {"reviewed": response["metadata"]["reviewed"]}
    return {**fields, "review_overdue": True} if is_overdue(response, today) else fields


def review_sentence(content: dict[str, Any]) -> str:
    """The review state in words, for channels that show no objects.

    >>> review_sentence({"reviewed": None})
    'Not reviewed by a clinician yet.'
    >>> review_sentence({"reviewed": "2025-01-31", "review_overdue": True})
    'Reviewed 2025-01-31; it is due to be checked again.'
    """
    if not content["reviewed"]:
        return "Not reviewed by a clinician yet."
    again = "; it is due to be checked again" if content.get("review_overdue") else ""
    return f"Reviewed {content['reviewed']}{again}."
