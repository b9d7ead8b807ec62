"""The web channel: its addresses under `/webhooks/web/`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import InputChannel
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, redirect

from assistant.channels.forwarded import forwarded_id
from assistant.channels.incoming import RequestError, read_after, read_object
from assistant.channels.patient import Handler, PatientDoor
from assistant.channels.readiness import Shared, probe, process_faults
from assistant.channels.sessions import Sessions
from assistant.channels.web.calls import Calls, too_many
from assistant.channels.web.files import HEADERS, STATIC, files_below, send_file
from assistant.channels.web.limits import RateLimit
from assistant.channels.web.notices import NoticePusher
from assistant.channels.web.settings import WebSettings, read_settings
from assistant.channels.web.socket import PatientSocket
from assistant.channels.web.visitors import Visitors
from assistant.dialogue.capabilities import WEB
from assistant.escalation.health import withheld
from assistant.escalation.replies import default_replies
from assistant.observability.exposition import is_allowed
from assistant.profile import ProfileError, read_profile
from assistant.secret import site_secret
from assistant.site import load_site
from assistant.web.welcome import welcome

Answer = Callable[[Request], Coroutine[Any, Any, HTTPResponse]]


class WebInput(InputChannel):
    """Page, widget and their calls.

    Args:
        settings: What the site may set; by default what is shipped.
    """

    def __init__(self, settings: WebSettings | None = None) -> None:
        self._settings = settings or WebSettings()

    @classmethod
    def name(cls) -> str:
        """The name in the address and in the tracker."""
        return WEB

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebInput:
        """Reads the channel's settings in credentials.yml.

        Raises:
            RasaException: If a setting is unknown or of the wrong kind, or the profile wrong.
        """
        try:
            read_profile()
        except ProfileError as error:
            raise RasaException(str(error)) from error  # Rasa prints it and ends
        return cls(read_settings(credentials))

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes of the channel."""
        settings, replies = self._settings, default_replies()
        door = PatientDoor(
            WEB, on_new_message, replies, tells_notices=False, keeps_turns=True
        )  # the page asks for notices by itself
        sessions = Sessions(site_secret(), int(settings.session_hours * 3600))
        proxies = (*settings.proxies, *read_profile().proxies)
        visitors = Visitors(sessions, settings.origins, proxies)
        calls = Calls(door, replies, settings)
        socket = PatientSocket(calls, visitors)
        pusher = NoticePusher(door.recorder.store, door.standing, socket)
        routes = _WebBlueprint("patient_web")
        door.attach(routes)
        _attach_pusher(routes, socket, pusher)
        _add_files(routes, settings.theme)
        _add_probes(routes, door)
        _add_calls(routes, visitors, calls, door)
        _add_sessions(routes, visitors, sessions, settings)

        @routes.route("/socket.io/", methods=["GET", "POST", "OPTIONS"])
        async def transport(request: Request) -> HTTPResponse:
            return await socket.handle(request)

        @routes.middleware("response")
        async def protect(request: Request, response: HTTPResponse) -> None:
            for name, value in {**HEADERS, **visitors.cors(request)}.items():
                response.headers.setdefault(name, value)

        return routes


class _WebBlueprint(Blueprint):
    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """Also lets the server speak WebSocket."""
        app.enable_websocket()  # type: ignore[no-untyped-call]
        super().register(app, options)  # type: ignore[no-untyped-call]


def _attach_pusher(routes: Blueprint, socket: PatientSocket, pusher: NoticePusher) -> None:
    running: list[asyncio.Task[None]] = []

    @routes.listener("after_server_start")
    async def start(app: Sanic, _loop: object) -> None:
        running.append(asyncio.ensure_future(pusher.run()))

    @routes.listener("before_server_stop")
    async def stop(app: Sanic, _loop: object) -> None:
        for task in running:
            task.cancel()
        await socket.close()


def _add_files(routes: Blueprint, theme: Path | None) -> None:
    files = files_below(STATIC)
    themed = files_below(theme) if theme else {}

    @routes.get("/")
    async def page(request: Request) -> HTTPResponse:
        if not request.path.endswith("/"):  # the page names its files relative to itself
            return redirect(request.path + "/")
        return send_file(request, files["index.html"])

    @routes.get("/widget.js")
    async def widget(request: Request) -> HTTPResponse:
        return send_file(request, files["widget.js"], shared=True)

    @routes.get("/assets/<name:path>")
    async def asset(request: Request, name: str) -> HTTPResponse:
        if name not in files:
            return json({"error": "There is no such file."}, status=404)
        return send_file(request, files[name], shared=True)

    @routes.get("/theme/<name:path>")
    async def theme_file(request: Request, name: str) -> HTTPResponse:
        shown = {"theme.css": files["theme.css"], **themed}
        if name not in shown:
            return json({"error": "There is no such file."}, status=404)
        return send_file(request, shown[name])


def _add_probes(routes: Blueprint, door: PatientDoor) -> None:
    probe_process = Shared(process_faults)
    probe_all = Shared(lambda agent: probe(agent, door))

    @routes.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return json({"status": "ok"})

    @routes.get("/serves")
    async def serves(request: Request) -> HTTPResponse:
        """For a load balancer: what all replicas share is no reason to take one of them out."""
        faults = await probe_process(getattr(request.app.ctx, "agent", None))
        return json({"serves": not faults, "parts": faults}, status=503 if faults else 200)

    @routes.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        """For alarms; what is wrong in detail is told as the metrics are."""
        await probe_all(getattr(request.app.ctx, "agent", None))
        state = door.health.ready  # with what turns have found since
        headers = {name.lower(): value for name, value in request.headers.items()}
        shown = state if is_allowed(request.ip, headers) else withheld(state)
        return json(shown, status=200 if state["ready"] else 503)


def _add_calls(routes: Blueprint, visitors: Visitors, calls: Calls, door: PatientDoor) -> None:
    @routes.get("/welcome")
    async def opening(request: Request) -> HTTPResponse:
        return json(welcome(load_site()))

    @routes.get("/notices")
    @_refusing
    async def notices(request: Request) -> HTTPResponse:
        visitor = visitors.enter(request, request.token)
        after = read_after(request.args.get("after"))
        await door.standing.note_told(visitor.conversation, after)
        return json(await door.standing.told(visitor.conversation, after))

    def answer(name: str) -> Answer:
        @_refusing
        async def answer_call(request: Request) -> HTTPResponse:
            visitors.check_origin(request)
            visitor = visitors.enter(request, request.token)
            body = read_object(request.body, request.headers.get("content-type", ""), True)
            if name == "message" and body.get("message_id") is None:
                body["message_id"] = forwarded_id(request)
            return json({"status": 200, **await calls.by_name[name](visitor, body)})

        return answer_call

    for name in calls.by_name:
        routes.add_route(answer(name), f"/{name}", methods=["POST"], name=name)
    for name in (*calls.by_name, "session", "welcome", "notices"):
        routes.add_route(_preflight, f"/{name}", methods=["OPTIONS"], name=f"{name}_options")


def _add_sessions(
    routes: Blueprint, visitors: Visitors, sessions: Sessions, settings: WebSettings
) -> None:
    begun = RateLimit(settings.sessions_per_minute_of_address)

    @routes.post("/session")
    @_refusing
    async def session(request: Request) -> HTTPResponse:
        visitors.check_origin(request)
        wait = begun.seconds_until_free(visitors.address(request))
        if wait:
            raise too_many(wait)
        stands = sessions.conversation(request.token)  # renewed for as long as it is used
        token = sessions.issue(stands)
        content = {"token": token, "seconds": sessions.seconds, "continued": stands is not None}
        return json(content, status=201)


async def _preflight(request: Request) -> HTTPResponse:
    """What a browser asks before a call to another origin; the headers come with every reply."""
    return HTTPResponse(status=204)


def _refusing(answer: Answer) -> Answer:
    """Turns refusals into replies."""

    async def answer_or_refuse(request: Request) -> HTTPResponse:
        try:
            return await answer(request)
        except RequestError as error:
            return json({"status": error.status, **error.body}, status=error.status)

    answer_or_refuse.__name__ = answer.__name__
    return answer_or_refuse
