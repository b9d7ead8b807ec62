"""The texts that patients read: their state, who signed them; and what was not answered."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for

from assistant.faq.document import ContentError
from assistant.learning.queue import ReviewQueueError, default_queue
from assistant.web.console.accounts import note_staff
from assistant.web.console.false_alarms import pass_what_is_left
from assistant.web.console.texts import TextChangedError, Texts
from assistant.web.console.views.common import account, for_admins, store
from assistant.web.console.waiting import WaitingGroups, split

routes = Blueprint("answers", __name__)

USUAL_YEARS = 1
CHANGED = "This text has changed since you read it. Read it again. Nothing was signed."


@routes.get("/answers")
def listed() -> Any:
    """All texts with their state."""
    try:
        texts, fault = _texts().all, None
    except ContentError as error:
        texts, fault = [], f"The texts cannot be read: {error}"
    signed = sum(text.review.state == "reviewed" for text in texts)
    return render_template(
        "answers.html", texts=texts, signed=signed, today=_today(), faults=[fault] if fault else []
    )


@routes.get("/answers/<path:text_id>")
def shown(text_id: str) -> Any:
    """One text, as it is signed."""
    return _page(text_id)


@routes.post("/answers/<path:text_id>")
@for_admins
def sign(text_id: str) -> Any:
    """Signs it."""
    from assistant.editorial.signing import SigningError

    by, digest = " ".join(request.form.get("by", "").split()), request.form.get("digest", "")
    try:
        due = dt.date.fromisoformat(request.form.get("due", ""))
        _texts().sign(text_id, digest, by, due, _today())
    except TextChangedError:
        return _page(text_id, CHANGED, HTTPStatus.CONFLICT)
    except SigningError as error:
        return _page(text_id, f"Not signed: {error}.", HTTPStatus.UNPROCESSABLE_ENTITY)
    except ValueError:
        fault = "Not signed: a day is written as 2027-11-27."
        return _page(text_id, fault, HTTPStatus.UNPROCESSABLE_ENTITY)
    own = account()
    with store().transaction("note a signature") as connection:
        note_staff(connection, f"signed {text_id}", own.login, own.login, request.remote_addr or "")
    return redirect(url_for("answers.shown", text_id=text_id, done="signed"), HTTPStatus.SEE_OTHER)


@routes.get("/unanswered")
def waiting() -> Any:
    """Messages that wait for an editor, without identifiers."""
    pass_what_is_left(store())
    try:
        messages, alarms = split(default_queue())
        groups, settled = _groups().of(messages, _texts().corpus)
        faults = []
    except (ReviewQueueError, ContentError) as error:
        groups, alarms, settled, faults = [], [], True, [f"The queue cannot be read: {error}"]
    return render_template(
        "unanswered.html", groups=groups, alarms=alarms, settled=settled, faults=faults
    )


@routes.post("/unanswered")
@for_admins
def dismiss() -> Any:
    """Takes messages out of the queue."""
    given = request.form.getlist("message")
    if not given or not all(one.isdecimal() and len(one) < 19 for one in given):
        abort(HTTPStatus.BAD_REQUEST)
    default_queue().resolve([int(one) for one in given], "dismissed")
    return redirect(url_for("answers.waiting", done="dismissed"), HTTPStatus.SEE_OTHER)


def _page(text_id: str, fault: str | None = None, status: HTTPStatus = HTTPStatus.OK) -> Any:
    text = next((one for one in _texts().all if one.id == text_id), None)
    if text is None:
        abort(HTTPStatus.NOT_FOUND)
    today = _today()
    page = render_template(
        "answer.html",
        text=text,
        today=today,
        due=today.replace(year=today.year + USUAL_YEARS, day=min(today.day, 28)),
        faults=[fault] if fault else [],
        typed=request.form,
    )
    return page, status


def _texts() -> Texts:
    return cast(Texts, current_app.extensions["console-texts"])


def _groups() -> WaitingGroups:
    return cast(WaitingGroups, current_app.extensions["console-groups"])


def _today() -> dt.date:
    return dt.date.today()
