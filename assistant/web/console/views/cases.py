"""The list of cases, and whether it has changed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from assistant.escalation.escalation import PRIORITIES
from assistant.web.console.listing import STATES, Listing, Wanted
from assistant.web.console.views.common import account, store
from assistant.web.console.wording import local_moment

routes = Blueprint("cases", __name__)


@routes.get("/")
def home() -> Any:
    """The list is the first page."""
    return redirect(url_for("cases.listed"))


@routes.get("/cases")
def listed() -> Any:
    """The list."""
    return render_template("cases.html", **_found())


@routes.get("/cases/changes")
def changes() -> Any:
    """The list as a fragment, where it has changed since; 204 where it has not.

    `since=` is the version that the page has. Where a page shows no list (`list=no`) the numbers
    alone are sent.
    """
    pulse = Listing(store()).pulse()
    if request.args.get("since") == str(pulse):
        return "", HTTPStatus.NO_CONTENT
    fragment = None
    if request.args.get("list") != "no":
        fragment = render_template("cases_list.html", **_found())
    return {
        "version": str(pulse),
        "overdue": pulse.overdue,
        "fault": pulse.fault,
        "unseen": pulse.unseen,
        "emergencies": [
            {"case": one.reference, "about": one.about, "round": f"{one.reference}:{one.round}"}
            for one in pulse.emergencies
        ],
        "waits": [
            {
                "case": one.reference,
                "since": local_moment(one.since, "%H:%M"),
                "name": one.name,
                "own": one.staff == account().login,
            }
            for one in pulse.waits
        ],
        "list": fragment,
    }


def _found() -> dict[str, Any]:
    listing = Listing(store())
    given = {name: value for name, value in request.args.items() if value}
    given.pop("since", None), given.pop("list", None)
    mine = account().login if given.get("mine") else None
    page = given.get("page", "1")
    try:
        wanted = Wanted(
            given.get("state", "all" if given.get("q") else "open"),
            given.get("priority"),
            mine,
            given.get("q", ""),
            int(page) if page.isdecimal() and len(page) < 9 else 1,
        )
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)
    pulse = listing.pulse()
    return {
        "pulse": pulse,
        "found": listing.page(wanted),
        "wanted": wanted,
        "given": given,
        "states": STATES,
        "priorities": PRIORITIES,
        "counts": pulse.unseen,
        "waits": {one.conversation: one.since for one in pulse.waits},
    }
