"""The web channel: the chat page, its sessions, its messages, and the probes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rasa.core.channels.channel import InputChannel
from rasa.shared.exceptions import RasaException
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw, redirect

from assistant.channels.incoming import (
    RequestError,
    read_after,
    read_message,
    read_object,
    read_rating,
)
from assistant.channels.patient import Handler, PatientDoor
from assistant.channels.readiness import readiness
from assistant.channels.sessions import Sessions
from assistant.dialogue.capabilities import WEB
from assistant.secret import site_secret
from assistant.site import load_site
from assistant.web.welcome import welcome

STATIC = Path(__file__).resolve().parent.parent / "web" / "static"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
COOKIE = "assistant_session"
SESSION_HOURS = 12

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class WebInput(InputChannel):
    """The chat page under `/webhooks/web/`.

    Args:
        session_hours: How long a session lasts.
        origins: Further origins that may send messages, such as "https://chat.hospital.example"
            behind a proxy that changes the host; the page's own always may.
    """

    def __init__(
        self, session_hours: float = SESSION_HOURS, origins: list[str] | None = None
    ) -> None:
        self._session_seconds = int(session_hours * 3600)
        self._origins = frozenset(origins or ())

    @classmethod
    def name(cls) -> str:
        """The name in the address and in the tracker."""
        return WEB

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebInput:
        """Reads the channel's settings in credentials.yml.

        Raises:
            RasaException: If a setting is unknown or of the wrong kind.
        """
        given = dict(credentials or {})
        hours, origins = given.pop("session_hours", SESSION_HOURS), given.pop("origins", [])
        if given:
            raise RasaException(
                f"credentials.yml: WebInput does not know {', '.join(sorted(map(str, given)))}; "
                "allowed are session_hours and origins"
            )
        if isinstance(hours, bool) or not isinstance(hours, (int, float)) or hours <= 0:
            raise RasaException(
                f"credentials.yml: session_hours must be a number above 0, found {hours!r}"
            )
        if not isinstance(origins, list) or not all(isinstance(one, str) for one in origins):
            raise RasaException(
                f"credentials.yml: origins must be a list of texts such as "
                f"https://chat.hospital.example, found {origins!r}"
            )
        return cls(hours, origins)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes of the channel."""
        door = PatientDoor(WEB, on_new_message, tells_notices=False)  # the page asks for them
        sessions = Sessions(site_secret(), self._session_seconds)
        files = {file.name: file for file in STATIC.iterdir() if file.suffix in CONTENT_TYPES}
        routes = Blueprint("patient_web")
        door.attach(routes)

        @routes.middleware("response")
        async def protect(request: Request, response: HTTPResponse) -> None:
            response.headers.update(HEADERS)

        @routes.get("/")
        async def page(request: Request) -> HTTPResponse:
            if not request.path.endswith("/"):  # the page names its files relative to itself
                return redirect(request.path + "/")
            return _file(files["index.html"])

        @routes.get("/assets/<name:str>")
        async def asset(request: Request, name: str) -> HTTPResponse:
            if name not in files:
                return json({"error": "There is no such file."}, status=404)
            return _file(files[name])

        @routes.get("/welcome")
        async def opening(request: Request) -> HTTPResponse:
            return json(welcome(load_site()))

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            state = await readiness(getattr(request.app.ctx, "agent", None), door)
            return json(state, status=200 if state["ready"] else 503)

        @routes.post("/session")
        async def session(request: Request) -> HTTPResponse:
            try:
                self._require_same_origin(request)
                content_type = request.headers.get("content-type", "")
                wish = read_object(request.body, content_type) if request.body else {}
            except RequestError as error:
                return json(error.body, status=error.status)
            stands = sessions.conversation(request.cookies.get(COOKIE))
            token = sessions.issue(stands if wish.get("continue") is True else None)
            response = json({"seconds": sessions.seconds}, status=201)
            _set_cookie(request, response, token, sessions.seconds)
            return response

        @routes.post("/message")
        async def message(request: Request) -> HTTPResponse:
            try:
                self._require_same_origin(request)
                conversation = _conversation(request, sessions)
                content_type = request.headers.get("content-type", "")
                body = read_object(request.body, content_type, from_browser=True)
                incoming = read_message(body, body.get("message_id"))
            except RequestError as error:
                return json(error.body, status=error.status)
            return json({"messages": await door.answer(conversation, incoming)})

        @routes.get("/notices")
        async def notices(request: Request) -> HTTPResponse:
            try:
                conversation = _conversation(request, sessions)
                after = read_after(request.args.get("after"))
            except RequestError as error:
                return json(error.body, status=error.status)
            return json(await door.standing.told(conversation, after))

        @routes.post("/rating")
        async def rating(request: Request) -> HTTPResponse:
            try:
                self._require_same_origin(request)
                conversation = _conversation(request, sessions)
                content_type = request.headers.get("content-type", "")
                rated = read_rating(read_object(request.body, content_type, from_browser=True))
                if not door.rate(conversation, rated.message_id, rated.helpful):
                    raise _unknown_message()
            except RequestError as error:
                return json(error.body, status=error.status)
            return empty()

        return routes

    def _require_same_origin(self, request: Request) -> None:
        """Refuses what another page's script sends; a client that is no browser names no origin."""
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if origin is None and site in ("same-origin", "none"):
            return
        if origin is not None and origin in self._origins:
            return
        same_host = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
        if same_host and site == "same-origin":
            return
        raise RequestError(
            403,
            "Only the chat page itself may do this.",
            "a request of another origin",
            "requests of the page's own origin, and of `origins` in credentials.yml",
            "Open the chat page at its own address.",
        )


def _conversation(request: Request, sessions: Sessions) -> str:
    conversation = sessions.conversation(request.cookies.get(COOKIE))
    if conversation is None:
        raise RequestError(
            401,
            "There is no session, or it has ended.",
            "a cookie" if COOKIE in request.cookies else "no cookie",
            "the cookie of a session that lasts",
            "Begin one with POST session, then send the message again.",
        )
    return conversation


def _unknown_message() -> RequestError:
    return RequestError(
        404,
        "There is no such message to rate.",
        "a `message_id` that is not among the last answers of this session",
        "the `message_id` of a recent answer",
        "Nothing needs to be done; later answers can be rated.",
    )


def _set_cookie(request: Request, response: HTTPResponse, token: str, seconds: int) -> None:
    response.cookies[COOKIE] = token
    cookie = response.cookies[COOKIE]
    cookie["httponly"] = True
    cookie["samesite"] = "Strict"
    cookie["path"] = request.path.rsplit("/", 1)[0] or "/"
    cookie["max-age"] = seconds
    if "https" in (request.scheme, request.headers.get("x-forwarded-proto")):
        cookie["secure"] = True


def _file(file: Path) -> HTTPResponse:
    return raw(file.read_bytes(), content_type=CONTENT_TYPES[file.suffix])
