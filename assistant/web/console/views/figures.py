"""The page of figures, for a period that is chosen."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from assistant.escalation.duty.settings import load_settings
from assistant.escalation.times import now
from assistant.web.console.figures import Figures, figures_of
from assistant.web.console.plots import draw
from assistant.web.console.views.common import store

routes = Blueprint("figures", __name__)

USUAL_DAYS, MOST_DAYS = 30, 400
FIRST_YEAR, LAST_YEAR = 2000, 2099  # beyond them a day may have no moment in another zone
PLOTS = ("waits", "days", "rules")


@routes.get("/figures")
def shown() -> Any:
    """Plots, each with its table."""
    first, last, fault = _period()
    figures = figures_of(store(), first, last)
    return render_template("figures.html", figures=figures, faults=[fault] if fault else [])


@routes.get("/figures/<name>.svg")
def plot(name: str) -> Any:
    """One picture."""
    if name not in PLOTS:
        abort(HTTPStatus.NOT_FOUND)
    first, last, _ = _period()
    drawn: Figures = figures_of(store(), first, last)
    return Response(draw(name, drawn), mimetype="image/svg+xml")


def _period() -> tuple[date, date, str | None]:
    today = now().astimezone(load_settings().zone).date()
    usual = (today - timedelta(days=USUAL_DAYS - 1), today)
    given = request.args.get("from"), request.args.get("to")
    if not any(given):
        return *usual, None
    try:
        first, last = (date.fromisoformat(day) if day else usual[n] for n, day in enumerate(given))
    except ValueError:
        return *usual, "Days are written as 2026-11-27. The last 30 days are shown."
    if not FIRST_YEAR <= min(first, last).year <= max(first, last).year <= LAST_YEAR:
        said = f"Days lie in the years {FIRST_YEAR} to {LAST_YEAR}. The last 30 days are shown."
        return *usual, said
    if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
        return *usual, f"A period has 1 to {MOST_DAYS} days. The last 30 days are shown."
    return first, last, None
