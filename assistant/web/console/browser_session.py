"""The browser's side of a session: a cookie that holds a random key and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from assistant.secret import site_secret
from assistant.web.console.accounts import Account
from assistant.web.console.sessions import new_key

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


class BrowserSession(dict[str, Any], SessionMixin):
    """What Flask and Flask-WTF call the session; nothing that is put into it is kept.

    Its CSRF token follows from the key: no row is written for whoever only looks at the log-in.

    Attributes:
        key: Of the cookie; a new one where the browser has none.
        account: Who is logged in, None where nobody is.
    """

    def __init__(self, key: str | None) -> None:
        self.is_new = key is None
        self.key = key or new_key()
        self.account: Account | None = None
        super().__init__(csrf_token=_token(self.key))

    def renew(self, key: str | None = None) -> None:
        """Takes another key: after a log-in or log-out the one before is worth nothing."""
        self.is_new, self.key = True, key or new_key()
        self["csrf_token"] = _token(self.key)


class BrowserSessions(SessionInterface):
    """Reads and sets the cookie."""

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """The session of a request."""
        given = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        return BrowserSession(given if _KEY.fullmatch(given) else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Sets the cookie where the key is new."""
        assert isinstance(session, BrowserSession)
        if session.is_new:
            response.set_cookie(
                app.config["SESSION_COOKIE_NAME"],
                session.key,
                httponly=True,
                samesite="Strict",
                secure=app.config["SESSION_COOKIE_SECURE"],
                path="/",
            )


def _token(key: str) -> str:
    return hmac.new(site_secret(), f"csrf:{key}".encode(), hashlib.sha256).hexdigest()
