"""One case: why it was raised, what was said, and what can be done about it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for

from assistant.escalation.cases import CaseBook, ChangedError, shown_state
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.escalation import OUTCOMES
from assistant.escalation.take_over import (
    MOST_CHARACTERS,
    ClosedError,
    LineError,
    NotTakenOverError,
    TakenError,
    TakeOvers,
    UnreadError,
)
from assistant.escalation.times import now, utc
from assistant.learning.queue import FALSE_ALARM
from assistant.web.console.conversation import conversation_of
from assistant.web.console.false_alarms import pass_to_review
from assistant.web.console.listing import is_late
from assistant.web.console.views.common import account, store
from assistant.web.console.wording import holder_name

routes = Blueprint("case", __name__, url_prefix="/cases/<reference>")

CONSOLE = "console"
LONGEST_REMARK = 2000
LONGEST_KEY = 64
CONFLICT = HTTPStatus.CONFLICT


@routes.get("")
def shown(reference: str) -> Any:
    """The page of a case."""
    return _page(reference)


@routes.get("/conversation")
def conversation(reference: str) -> Any:
    """The conversation as a fragment, with what tells whether the page around it still holds."""
    content = _content(reference)
    return {
        "shown": content["around"],
        "left": content["minutes_left"],
        "read_until": content["conversation"].read_until.isoformat(),
        "contact": render_template("contact.html", **content),
        "conversation": render_template("conversation.html", **content),
    }


@routes.post("/acknowledge")
def acknowledge(reference: str) -> Any:
    """Takes the case; the patient is told."""

    def act() -> Any:
        seen = request.form.get("seen", "")
        if CaseBook(store()).acknowledge(reference, account().login, CONSOLE, shown=seen):
            return _done(reference, "acknowledged")
        return _changed(reference)

    return _acted(reference, act)


@routes.post("/take-over")
def take_over(reference: str) -> Any:
    """Begins to write in the patient's conversation."""

    def act() -> Any:
        seen, instead_of = request.form.get("seen", ""), request.form.get("instead_of") or None
        login, name = account().login, account().name
        TakeOvers(store()).begin(reference, login, name, shown=seen, instead_of=instead_of)
        return _done(reference, "taken-over", "line")

    return _acted(reference, act)


@routes.post("/write")
def write(reference: str) -> Any:
    """Sends a line to the patient."""

    def act() -> Any:
        text, key = request.form.get("text", ""), request.form.get("key", "")[:LONGEST_KEY]
        # Of this person: nobody else's form can have used the key before.
        own = f"{account().id}-{key}"[:LONGEST_KEY]
        take_overs, read = TakeOvers(store()), _read_until()
        new = take_overs.write(reference, account().login, text, own, read_until=read)
        return _done(reference, "sent" if new else "sent-before", "line")

    return _acted(reference, act)


@routes.post("/hand-back")
def hand_back(reference: str) -> Any:
    """Gives the conversation back to the assistant."""

    def act() -> Any:
        if TakeOvers(store()).hand_back(reference, account().login, read_until=_read_until()):
            return _done(reference, "handed-back")
        return _page(reference, "You do not have this conversation any longer.", CONFLICT)

    return _acted(reference, act)


@routes.post("/close")
def close(reference: str) -> Any:
    """Closes the case with an outcome; a false alarm goes to the review of the screen."""

    def act() -> Any:
        outcome, remark = request.form.get("outcome", ""), request.form.get("remark", "").strip()
        if outcome not in OUTCOMES:
            return _page(reference, "Choose an outcome.", HTTPStatus.UNPROCESSABLE_ENTITY)
        seen, remark = request.form.get("seen", ""), remark[:LONGEST_REMARK]
        closed = TakeOvers(store()).close(
            reference,
            account().login,
            outcome=outcome,
            remark=remark,
            shown=seen,
            read_until=_read_until(),
        )
        if not closed:
            return _changed(reference)
        if outcome != FALSE_ALARM:
            return _done(reference, "closed")
        return _done(reference, pass_to_review(store(), reference))

    return _acted(reference, act)


def _acted(reference: str, act: Callable[[], Any]) -> Any:
    """Does something; what stands in the way is said on the page of the case as it is now."""
    try:
        return act()
    except ChangedError:
        return _changed(reference)
    except UnreadError:
        fault = "The patient has written: read it first. Nothing was changed."
    except TakenError as error:
        fault = f"{error.name} writes in this conversation. Nothing was changed."
    except ClosedError:
        fault = "The case is closed. Nothing was changed."
    except NotTakenOverError as error:
        fault = f"Your line was NOT sent: {error}. Take the conversation over, then send it again."
    except LineError as error:
        fault = f"Your line was NOT sent: {error}."
    return _page(reference, fault, CONFLICT)


def _changed(reference: str) -> Any:
    case = CaseBook(store()).case(reference)
    fault = "This case has changed since you saw it. Look again, then decide. Nothing was changed."
    if case.acknowledged_by and case.acknowledged_by != account().login:
        fault = f"{holder_name(case.acknowledged_by)} has taken this case meanwhile. {fault}"
    return _page(reference, fault, CONFLICT)


def _done(reference: str, done: str, part: str | None = None) -> Any:
    address = url_for("case.shown", reference=reference.upper(), done=done, _anchor=part)
    return redirect(address, HTTPStatus.SEE_OTHER)


def _page(reference: str, fault: str | None = None, status: HTTPStatus = HTTPStatus.OK) -> Any:
    content = _content(reference)
    book = CaseBook(store())
    page = render_template(
        "case.html",
        **content,
        faults=[fault] if fault else [],
        events=book.events(content["case"].id),
        outcomes=OUTCOMES,
        most_characters=MOST_CHARACTERS,
        longest_remark=LONGEST_REMARK,
        key=secrets.token_hex(16),
        typed=request.form if status == CONFLICT else {},
    )
    return page, status


def _content(reference: str) -> dict[str, Any]:
    book = CaseBook(store())
    case = book.case(reference)
    standing, messages = (
        TakeOvers(store()).of_conversation(case.conversation),
        book.messages(case.id),
    )
    left = None
    if standing is not None:
        within = timedelta(minutes=load_settings().take_over_minutes)
        left = max(0, round((standing.staff_at + within - utc(now())).total_seconds() / 60))
    seen = shown_state(case)
    around = (seen, standing and standing.id, case.contact_name, case.contact_number)
    return {
        "case": case,
        "seen": seen,
        "around": "|".join(map(str, around)),
        "messages": messages,
        "take_over": standing,
        "minutes_left": left,
        "conversation": conversation_of(store(), case, messages, standing),
        "is_overdue": is_late(store(), case.id),
    }


def _read_until() -> datetime:
    """When the patient wrote the last message that the page had shown."""
    try:
        return datetime.fromisoformat(request.form.get("read_until", ""))
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST)
