"""The calls over Socket.IO, and what the server says by itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sanic.request import Request
from sanic.response import HTTPResponse, json
from socketio import AsyncRedisManager, AsyncServer
from socketio.exceptions import ConnectionRefusedError as Refused

from assistant.channels.gate import UnderWay
from assistant.channels.incoming import RequestError
from assistant.channels.patient import SECONDS_TO_END
from assistant.channels.web.calls import Calls
from assistant.channels.web.visitors import Visitor, Visitors
from assistant.profile import read_profile

# A message of 20,000 characters fits many times; nobody fills the memory.
MAX_PACKET_BYTES = 512 * 1024
SECONDS_BETWEEN_PINGS = 20
SECONDS_TO_ANSWER_PING = 15
SECONDS_TO_CLOSE = 2.0
SECONDS_TO_TELL_OTHERS = 1.0  # other replicas, where Redis may hang; the patient's answer waits
MOST_SOCKETS = 20  # of one conversation: its tabs, and those that have not been missed yet


class PatientSocket:
    """A Socket.IO server whose connections belong to signed sessions.

    A client sends its token with the connection; each event is a call by name with one object, and
    its acknowledgement is the answer: {"status": 200, ...} or the refusal.

    Args:
        calls: What can be asked for.
        visitors: Checks origins and tokens.
    """

    def __init__(self, calls: Calls, visitors: Visitors) -> None:
        self._visitors = visitors
        self._server = AsyncServer(
            async_mode="sanic",
            async_handlers=False,  # one at a time: who floods one connection waits for himself
            cors_allowed_origins=[],  # checked by `visitors` before the library sees a request
            max_http_buffer_size=MAX_PACKET_BYTES,
            ping_interval=SECONDS_BETWEEN_PINGS,
            ping_timeout=SECONDS_TO_ANSWER_PING,
            client_manager=_client_manager(),
        )
        self._sockets: dict[str, set[str]] = {}
        self._calls = UnderWay()
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        for name in calls.by_name:
            self._server.on(name, self._handler(name, calls))

    @property
    def conversations(self) -> list[str]:
        """Those that are connected at present."""
        return list(self._sockets)

    async def handle(self, request: Request) -> HTTPResponse:
        """Takes one request of the transport: a poll, or the beginning of a WebSocket."""
        try:
            self._visitors.check_origin(request)
        except RequestError as error:
            return json(error.body, status=error.status)
        if request.method == "OPTIONS":
            return HTTPResponse(status=204)
        return await self._server.handle_request(request)  # type: ignore[no-any-return]

    async def tell(self, conversation: str, event: str, content: dict[str, Any]) -> None:
        """Says something to all pages of a conversation that are connected to this process."""
        await self._server.emit(event, content, room=conversation, ignore_queue=True)

    async def close(self) -> None:
        """Answers what has come and ends all connections, so that the server can stop.

        Pages connect again, and get by its id what they may have missed.
        """
        with suppress(asyncio.TimeoutError):
            await self._calls.over(SECONDS_TO_END)
        if self._server.eio.sockets:
            with suppress(asyncio.TimeoutError):  # a page between two polls fetches nothing now
                await asyncio.wait_for(self._server.eio.disconnect(), SECONDS_TO_CLOSE)

    async def _connect(self, socket: str, environ: dict[str, Any], auth: Any = None) -> None:
        request: Request = environ["sanic.request"]
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            visitor = self._visitors.enter(request, token)
        except RequestError as error:
            told = {"status": error.status, **error.body}
            raise Refused(error.body["error"], told) from None
        mine = self._sockets.setdefault(visitor.conversation, set())
        if len(mine) >= MOST_SOCKETS:
            raise Refused("This session has too many connections.", {"status": 429})
        mine.add(socket)
        await self._server.save_session(socket, {"request": request, "token": token})
        await self._server.enter_room(socket, visitor.conversation)

    async def _disconnect(self, socket: str, *_: Any) -> None:
        for conversation, sockets in list(self._sockets.items()):
            sockets.discard(socket)
            if not sockets:
                del self._sockets[conversation]

    async def _visitor(self, socket: str) -> Visitor:
        """Who is connected; the token may have expired since."""
        session = await self._server.get_session(socket)
        return self._visitors.enter(session.get("request"), session.get("token"))

    async def _show_others(self, turn: dict[str, Any], conversation: str, socket: str) -> None:
        """Shows a turn to the conversation's other pages, in all replicas; they fetch it else."""
        told = self._server.emit("turn", turn, room=conversation, skip_sid=socket)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(told, SECONDS_TO_TELL_OTHERS)

    def _handler(self, name: str, calls: Calls) -> Any:
        async def handle(socket: str, body: Any = None, *_: Any) -> dict[str, Any]:
            with self._calls.one():
                return await answer_call(socket, body)

        async def answer_call(socket: str, body: Any) -> dict[str, Any]:
            async def received(message_id: str) -> None:
                told = {"message_id": message_id}
                await self._server.emit("received", told, to=socket, ignore_queue=True)

            try:
                visitor = await self._visitor(socket)
                if not isinstance(body, dict):
                    raise RequestError(
                        400,
                        f"`{name}` came without an object.",
                        type(body).__name__,
                        "one JSON object",
                        "Send an object.",
                    )
                answer = await calls.by_name[name](replace(visitor, received=received), body)
            except RequestError as error:
                return {"status": error.status, **error.body}
            if name == "message" and answer["turn"] is not None:
                shown = {"message_id": body.get("message_id"), "text": body["message"]}
                await self._show_others({**answer, **shown}, visitor.conversation, socket)
            return {"status": 200, **answer}

        return handle


def _client_manager() -> AsyncRedisManager | None:
    """Passes what is said to a conversation on to the other replicas; None where there are none."""
    redis = read_profile().redis
    if redis is None:
        return None
    return AsyncRedisManager(
        redis, channel="assistant-sockets", redis_options={"socket_connect_timeout": 1.0}
    )
