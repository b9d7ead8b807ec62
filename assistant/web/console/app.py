"""The console as a Flask app: what holds for each page, and nothing readable without a log-in."""

from __future__ import annotations

import logging
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.engine.url import make_url
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from assistant.escalation.cases import NoSuchCaseError
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.secret import site_secret
from assistant.web.console import wording
from assistant.web.console.browser_session import BrowserSession, BrowserSessions
from assistant.web.console.sessions import Limits, Sessions
from assistant.web.console.settings import ConsoleSettings
from assistant.web.console.texts import Texts
from assistant.web.console.views import accounts, answers, case, cases, entrance, figures
from assistant.web.console.waiting import WaitingGroups

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # the CSRF check behind https asks for a referrer
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
OPEN = ("static", "entrance.log_in", "entrance.health")  # readable without a log-in
LOOKS = "X-Looks-By-Itself"  # sent by scripts that ask again and again: nobody is acting
LARGEST_FORM = 64 * 1024  # bytes
OTHER_NAME = "The console is not reached by this name: see CONSOLE_URL in docs/console.md."
SAFE = ("GET", "HEAD", "OPTIONS")

csrf = CSRFProtect()


def create_app(
    store: EscalationStore,
    settings: ConsoleSettings | None = None,
    limits: Limits | None = None,
    texts: Texts | None = None,
) -> Flask:
    """Makes the console.

    Args:
        store: The escalation store.
        settings: How it is reached.
        limits: When log-ins end by themselves.
        texts: What patients read; by default the repository's.
    """
    settings = settings or ConsoleSettings()
    app = Flask(__name__)
    behind_https = settings.url is not None
    app.config.update(
        SECRET_KEY=site_secret() + b"console",
        SESSION_COOKIE_NAME="__Host-console" if behind_https else "console",
        SESSION_COOKIE_SECURE=behind_https,
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # a token lasts as long as its session
        WTF_CSRF_SSL_STRICT=False,  # `_refuse_other_origins` asks more strictly, for http as well
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    if behind_https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    app.extensions["console-store"] = store
    app.extensions["console-sessions"] = Sessions(store, limits)
    app.extensions["console-texts"] = texts or Texts()
    app.extensions["console-groups"] = WaitingGroups()
    app.session_interface = BrowserSessions()
    app.before_request(_refuse_other_origins)
    csrf.init_app(app)
    app.before_request(_require_log_in)
    app.after_request(_protect)
    for view in (entrance, cases, case, figures, answers, accounts):
        app.register_blueprint(view.routes)
    wording.register(app)
    app.register_error_handler(CSRFError, _refused_token)
    app.register_error_handler(NoSuchCaseError, lambda _: _failed(HTTPStatus.NOT_FOUND))
    app.register_error_handler(EscalationStoreError, _store_failed)
    app.register_error_handler(SecurityError, lambda _: (OTHER_NAME, HTTPStatus.BAD_REQUEST))
    app.register_error_handler(HTTPException, lambda error: _failed(HTTPStatus(error.code or 500)))
    app.register_error_handler(Exception, _broken)
    logger.info("The console uses %r", make_url(store.url))
    return app


def _require_log_in() -> BaseResponse | None:
    """Default deny: each page but the entrance asks who is there."""
    own = _browser_session()
    sessions: Sessions = current_app.extensions["console-sessions"]
    if not own.is_new and request.endpoint != "static":
        own.account = sessions.account(own.key, acts=LOOKS not in request.headers)
    if own.account is not None or request.endpoint in OPEN:
        return None
    if LOOKS in request.headers:
        abort(HTTPStatus.UNAUTHORIZED)
    back = request.full_path.rstrip("?") if request.method == "GET" else _page_before()
    return redirect(url_for("entrance.log_in", back=back, ended=None if own.is_new else 1), 303)


def _page_before() -> str | None:
    """The path of the page whose form was sent."""
    before = urlsplit(request.referrer or "")
    return before.path if before.netloc == request.host else None


def _refuse_other_origins() -> None:
    """What changes something is taken from the console's own pages, under its own name, alone."""
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception
    if request.method in SAFE:
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    own = f"{request.scheme}://{request.host}"
    if site not in ("same-origin", "none") or origin not in (None, own):
        abort(HTTPStatus.FORBIDDEN)


def _protect(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _browser_session() -> BrowserSession:
    found = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(found, BrowserSession)
    return found


def _refused_token(_: CSRFError) -> BaseResponse | tuple[str, int]:
    """A form of a session that is over: whoever sent it logs in and is back on the page."""
    own = _browser_session()
    sessions: Sessions = current_app.extensions["console-sessions"]
    if not own.is_new and sessions.account(own.key, acts=False) is None:
        return redirect(url_for("entrance.log_in", back=_page_before(), ended=1), 303)
    return _failed(HTTPStatus.BAD_REQUEST)


def _store_failed(error: EscalationStoreError) -> tuple[str, int]:
    logger.error("A page of the console failed: %s", error)
    return _failed(HTTPStatus.SERVICE_UNAVAILABLE)


def _broken(error: Exception) -> tuple[str, int]:
    # The type and the place: the message may quote what a patient wrote.
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else "?"
    logger.error("A page of the console failed: %s at %s", type(error).__name__, where)
    return _failed(HTTPStatus.INTERNAL_SERVER_ERROR)


def _failed(status: HTTPStatus) -> tuple[str, int]:
    return render_template("error.html", status=status, said=wording.of_status(status)), status
