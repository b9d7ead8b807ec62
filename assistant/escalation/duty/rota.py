"""The rota: whom a case goes to at a moment, and until when they may take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone

from assistant.escalation.duty.settings import DAYS, Settings, Shift

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
    running = _running_shift(settings, at)
    if running is not None:
        return running.on_duty
    usual = settings.on_duty
    return usual.office if in_office_hours(settings, at) else usual.out_of_hours


def _running_shift(settings: Settings, at: datetime) -> Shift | None:
    # By absolute time: within the hour that comes twice in autumn local clocks say nothing.
    running = [
        shift
        for shift in settings.shifts
        if _moment(settings, shift.begin) <= at < _moment(settings, shift.end)
    ]
    return max(running, key=lambda shift: shift.begin, default=None)


def contact_for(settings: Settings, at: datetime, last: str | None) -> str | None:
    """Whom a case goes to.

    Args:
        settings: Of the site.
        at: The moment, with its zone.
        last: Who was told before; None at first.

    Returns:
        The contact after that one, after the last the first again: a case never ends in silence.
        The first, where the one before is no longer on duty. None where nobody is.
    """
    return _after(on_duty(settings, at), last)


def list_contact(settings: Settings, at: datetime) -> str | None:
    """Who gets a working list: the first of a running shift, else of the office's contacts."""
    running = _running_shift(settings, at)
    return _after(settings.on_duty.office if running is None else running.on_duty, None)


def _after(chain: list[str], last: str | None) -> str | None:
    if not chain:
        return None
    return chain[(chain.index(last) + 1) % len(chain)] if last in chain else chain[0]


def acknowledge_by(settings: Settings, priority: str, begun: datetime, told: datetime) -> datetime:
    """Until when somebody must acknowledge a case.

    Args:
        settings: Of the site.
        priority: Of the case.
        begun: Since when it waits for this contact's round.
        told: When the contact was told: after an outage it has half the limit at least.

    Returns:
        The moment, UTC. A wish for a person waits for office hours.
    """
    minutes = {
        "page": settings.limits.page,
        "same-day": settings.limits.same_day,
        "person": settings.limits.person,
    }.get(priority, settings.limits.page)
    limit = timedelta(minutes=minutes)
    by = max(begun + limit, told + limit / 2).astimezone(timezone.utc)
    if priority == "person" and not in_office_hours(settings, by):
        return _next_opening(settings, by)
    return by


def next_working_list(settings: Settings, after: datetime) -> datetime:
    """When the next working list is sent, later than a moment; UTC.

    Where a month has no working day, the list is sent the next day all the same.
    """
    return next(
        (one for one in _working_lists(settings, after) if one > after),
        after.astimezone(timezone.utc) + timedelta(days=1),
    )


def _next_opening(settings: Settings, after: datetime) -> datetime:
    first = after.astimezone(settings.zone).date()
    days = (first + timedelta(days=ahead) for ahead in range(LOOK_AHEAD_DAYS))
    openings = (
        _at(settings, day, settings.office_hours.begin) for day in days if _works(settings, day)
    )
    soonest = (opening for opening in openings if opening > after)
    return next(soonest, after.astimezone(timezone.utc) + timedelta(days=1))


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
