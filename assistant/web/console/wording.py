"""Words of the console: names of things, moments as people read them, what errors say."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, session
from markupsafe import Markup, escape

from assistant.escalation.delivery.message import PRIORITY_NAMES, about, category_name
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.escalation import UNACKNOWLEDGED
from assistant.escalation.times import aware

OUTCOME_NAMES = {
    "advised": "Advised the patient",
    "sent-to-hospital": "Sent to hospital",
    "admitted": "Admitted",
    "no-answer": "Patient could not be reached",
    "other": "Something else",
    "false-alarm": "False alarm",
}
DONE = {
    "acknowledged": "Acknowledged. The patient reads that the message was seen.",
    "taken-over": "You write in this conversation now. The assistant does not answer meanwhile.",
    "sent": "Sent.",
    "sent-before": "This line was sent before.",
    "handed-back": "Handed back. The assistant answers again.",
    "closed": "Closed.",
    "false-alarm": "Closed as a false alarm. The message waits for review, without identifiers.",
    "false-alarm-bare": (
        "Closed as a false alarm. Not all of its words could be passed to the review: they are no "
        "longer kept, or so many that they would tell who wrote them."
    ),
    "false-alarm-later": (
        "Closed as a false alarm. Its words could not be passed to the review just now; they are "
        "passed on as soon as somebody opens the messages that wait."
    ),
    "dismissed": "Dismissed.",
    "signed": "Signed. Patients read it after make corpus-publish.",
    "changed": "Changed.",
    "password": "Your password is changed. Log in with it.",
    "logged-out": "You are logged out.",
}
_STATUSES = {
    HTTPStatus.BAD_REQUEST: (
        "This page is no longer good",
        "Nothing was changed. It was opened before your last log-in, or something is missing. "
        "Open the page again and repeat what you wanted to do.",
    ),
    HTTPStatus.FORBIDDEN: (
        "This is not for your account",
        "Nothing was changed. Pages for administrators need an account of that role.",
    ),
    HTTPStatus.NOT_FOUND: (
        "There is no such page",
        "The case or page does not exist, or no longer.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The record cannot be reached",
        "Nothing was changed. Try again in a moment; if it stays so, use the telephone and tell "
        "whoever looks after this server.",
    ),
}


def of_status(status: HTTPStatus) -> tuple[str, str]:
    """Title and text of an error."""
    return _STATUSES.get(status, ("That did not work", f"Nothing was changed ({status.phrase})."))


def state_name(case: Any) -> str:
    """A case's state in words."""
    if case.state in UNACKNOWLEDGED:
        return "acknowledged by nobody"
    if case.state == "closed":
        return f"closed: {OUTCOME_NAMES[case.outcome].lower()}" if case.outcome else "closed"
    return f"acknowledged by {holder_name(case.acknowledged_by)}"


def holder_name(holder: str | None) -> str:
    """A contact's name, or an account's login as it is."""
    known = load_settings().contacts.get(holder or "")
    return known.name if known else holder or "nobody"


def local_time(moment: datetime | None, form: str = "%d %b %H:%M") -> Markup:
    """A moment of a table in the site's zone, as an element that scripts can read."""
    if moment is None:
        return Markup("never")
    stamp = aware(moment).astimezone(load_settings().zone).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(stamp, local_moment(moment, form))


def local_moment(moment: datetime, form: str) -> str:
    """A moment of a table in the site's zone, as people write it."""
    return aware(moment).astimezone(load_settings().zone).strftime(form)


def paragraphs(text: str) -> Markup:
    """Somebody's words with their line breaks, and nothing in them a command to the browser."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def register(app: Flask) -> None:
    """Gives the words to the templates."""
    app.jinja_env.filters.update(
        local_time=local_time, paragraphs=paragraphs, state_name=state_name, holder=holder_name
    )
    app.jinja_env.globals.update(
        priority_names=PRIORITY_NAMES,
        outcome_names=OUTCOME_NAMES,
        about=about,
        category_name=category_name,
        done_words=DONE,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: {"account": getattr(session, "account", None)})
