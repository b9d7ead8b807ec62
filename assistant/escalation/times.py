"""Moments as the tables keep them: UTC, without a zone."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(timezone.utc)


def utc(moment: datetime) -> datetime:
    """A moment as the tables keep it; one without a zone is taken for UTC.

    >>> from datetime import timedelta
    >>> utc(datetime(2026, 11, 27, 9, tzinfo=timezone(timedelta(hours=1))))
    datetime.datetime(2026, 11, 27, 8, 0)
    """
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """A moment of a table with its zone, UTC."""
    return moment.replace(tzinfo=timezone.utc)
