"""Accounts and the audit of log-ins: for administrators alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from assistant.web.console.accounts import ROLES, AccountError, Accounts
from assistant.web.console.views.common import account, for_admins, store

routes = Blueprint("accounts", __name__)


@routes.get("/accounts")
@for_admins
def listed() -> Any:
    """All accounts."""
    return _page()


@routes.post("/accounts/<login>")
@for_admins
def change(login: str) -> Any:
    """Disables, enables, or gives another role."""
    accounts, who, address = Accounts(store()), account().login, request.remote_addr or "unknown"
    what = request.form.get("what", "")
    try:
        if what == "disable":
            accounts.disable(login, who, address)
        elif what == "enable":
            accounts.enable(login, who, address)
        else:
            accounts.set_role(login, what, who, address)
    except AccountError as error:
        return _page(str(error)), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("accounts.listed", done="changed"), HTTPStatus.SEE_OTHER)


@routes.get("/log-ins")
@for_admins
def audit() -> Any:
    """Log-ins and changes of accounts, newest first."""
    before = request.args.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 19 else None
    return render_template("log_ins.html", events=Accounts(store()).events(number))


def _page(fault: str | None = None) -> str:
    return render_template(
        "accounts.html",
        accounts=Accounts(store()).all(),
        roles=ROLES,
        faults=[f"{fault}."] if fault else [],
    )
