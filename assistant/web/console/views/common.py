"""What several pages need: the store, who is there, where to go afterwards."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, current_app, session

from assistant.escalation.store import EscalationStore
from assistant.web.console.accounts import Account

View = TypeVar("View", bound=Callable[..., Any])


def store() -> EscalationStore:
    """The escalation store of this console."""
    return cast(EscalationStore, current_app.extensions["console-store"])


def account() -> Account:
    """Who is logged in; only pages that ask for a log-in may call it."""
    found = getattr(session, "account", None)
    if not isinstance(found, Account):
        abort(HTTPStatus.UNAUTHORIZED)
    return found


def for_admins(view: View) -> View:
    """Refuses whoever is no admin."""

    @wraps(view)
    def checked(*args: Any, **values: Any) -> Any:
        if not account().is_admin:
            abort(HTTPStatus.FORBIDDEN)
        return view(*args, **values)

    return cast(View, checked)


def own_path(given: str | None, default: str) -> str:
    """A path of the console itself; anything else becomes the default."""
    if not given or not given.startswith("/") or given.startswith("//") or "\\" in given:
        return default
    parts = urlsplit(given)
    return default if parts.scheme or parts.netloc else given
