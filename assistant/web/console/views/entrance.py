"""Log in, log out, change one's password."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for

from assistant.escalation.times import aware, now
from assistant.web.console.accounts import Accounts
from assistant.web.console.log_in import BlockedError, Door, LogInError
from assistant.web.console.passwords import WeakPasswordError
from assistant.web.console.sessions import Sessions
from assistant.web.console.views.common import account, own_path, store

routes = Blueprint("entrance", __name__)

WRONG = "Name or password is wrong."
LONGEST_LOGIN = 64


@routes.get("/health")
def health() -> Any:
    """Whether the console is up and its store can be read."""
    with store().reading("look for the console's store"):
        return {"status": "ok"}


@routes.route("/log-in", methods=["GET", "POST"])
def log_in() -> Any:
    """The only page that is readable without a log-in."""
    back = own_path(request.values.get("back"), url_for("cases.listed"))
    if request.method != "POST":  # HEAD comes without a token
        return render_template("log_in.html", back=back)
    address = request.remote_addr or "unknown"
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        entered = Door(store()).enter(login[:LONGEST_LOGIN], password, address)
    except BlockedError as error:
        minutes = max(1, round((aware(error.until) - now()).total_seconds() / 60))
        said = f"Too many failed attempts. Try again in {minutes} min, or ask an administrator."
        return _refused(back, said, HTTPStatus.TOO_MANY_REQUESTS)
    except LogInError:
        return _refused(back, WRONG, HTTPStatus.UNAUTHORIZED)
    session.renew(_sessions().begin(entered, address))  # type: ignore[attr-defined]
    return redirect(back, HTTPStatus.SEE_OTHER)


@routes.post("/log-out")
def log_out() -> Any:
    """Ends the session for good."""
    _sessions().end(session.key, account(), request.remote_addr or "unknown")  # type: ignore[attr-defined]
    session.renew()  # type: ignore[attr-defined]
    return redirect(url_for("entrance.log_in", done="logged-out"), HTTPStatus.SEE_OTHER)


@routes.route("/password", methods=["GET", "POST"])
def password() -> Any:
    """One's own password."""
    if request.method != "POST":  # HEAD comes without a token
        return render_template("password.html", faults=[])
    own, address = account(), request.remote_addr or "unknown"
    chosen, again = request.form.get("new", ""), request.form.get("again", "")
    try:
        Door(store()).enter(own.login, request.form.get("password", ""), address)
    except LogInError:
        return _again("Your present password is wrong.")
    if chosen != again:
        return _again("The two new passwords are not the same.")
    try:
        Accounts(store()).set_password(own.login, chosen, own.login, address)
    except WeakPasswordError as error:
        return _again(f"{str(error)[0].upper()}{str(error)[1:]}.")
    session.renew()  # type: ignore[attr-defined]
    return redirect(url_for("entrance.log_in", done="password"), HTTPStatus.SEE_OTHER)


def _again(fault: str) -> Any:
    return render_template("password.html", faults=[fault]), HTTPStatus.UNPROCESSABLE_ENTITY


def _refused(back: str, said: str, status: HTTPStatus) -> Any:
    return render_template("log_in.html", back=back, faults=[said]), status


def _sessions() -> Sessions:
    found = current_app.extensions["console-sessions"]
    assert isinstance(found, Sessions)
    return found
