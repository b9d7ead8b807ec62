"""The rota: whom a case goes to at a moment, and until when they may take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone

from assistant.escalation.duty.settings import DAYS, Settings

LOOK_AHEAD_DAYS = 30


def in_office_hours(settings: Settings, at: datetime) -> bool:
    """Whether it is a working day within office hours.

    Args:
        settings: Of the site.
        at: The moment, with its zone.
    """
    local = at.astimezone(settings.zone)
    hours = settings.office_hours
    return _works(settings, local.date()) and hours.begin <= local.time() < hours.end


def on_duty(settings: Settings, at: datetime) -> list[str]:
    """The contacts on duty, first to last; empty where nobody is.

    A shift stands before the usual contacts; of several, the one that began last.

    Args:
        settings: Of the site.
        at: The moment, with its zone.
    """
    local = at.astimezone(settings.zone)
    # By absolute time: within the hour that comes twice in autumn local clocks say nothing.
    running = [
        shift
        for shift in settings.shifts
        if _moment(settings, shift.begin) <= at < _moment(settings, shift.end)
    ]
    if running:
        return max(running, key=lambda shift: shift.begin).on_duty
    usual = settings.on_duty
    return usual.office if in_office_hours(settings, local) else usual.out_of_hours


def contact_for(settings: Settings, at: datetime, step: int) -> str | None:
    """Whom a case goes to after it was passed on `step` times; None where nobody is on duty.

    After the last contact the first one is asked again: a case never ends in silence.
    """
    chain = on_duty(settings, at)
    return chain[step % len(chain)] if chain else None


def acknowledge_by(settings: Settings, priority: str, at: datetime) -> datetime:
    """Until when a case that was passed to somebody at a moment must be acknowledged, UTC."""
    if priority == "review":
        return next_working_list(settings, at)
    minutes = {
        "page": settings.limits.page,
        "same-day": settings.limits.same_day,
        "person": settings.limits.person,
    }.get(priority, settings.limits.page)
    return at.astimezone(timezone.utc) + timedelta(minutes=minutes)


def next_working_list(settings: Settings, after: datetime) -> datetime:
    """When the next working list is sent, later than a moment; UTC.

    Where a month has no working day, the list is sent the next day all the same.
    """
    return next(
        (one for one in _working_lists(settings, after) if one > after),
        after.astimezone(timezone.utc) + timedelta(days=1),
    )


def _working_lists(settings: Settings, after: datetime) -> Iterator[datetime]:
    first = after.astimezone(settings.zone).date()
    for ahead in range(LOOK_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        if _works(settings, day):
            yield _at(settings, day, settings.working_list)


def _works(settings: Settings, day: date) -> bool:
    return DAYS[day.weekday()] in settings.office_hours.days and day not in settings.holidays


def _at(settings: Settings, day: date, hour: time) -> datetime:
    return _moment(settings, datetime.combine(day, hour))


def _moment(settings: Settings, local: datetime) -> datetime:
    """A local time as a moment, UTC.

    An hour that comes twice in autumn counts as its first; one that spring leaves out is as much
    later as the clocks were put forward.
    """
    return local.replace(tzinfo=settings.zone).astimezone(timezone.utc)
