"""Serves channels on a free port, with a scripted assistant behind them instead of Rasa."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Sanic
from sanic.touchup.service import TouchUp

# Sanic rewrites its own methods at the start of an app, which works only once in a process.
_first_run = TouchUp.run
_touched: list[Sanic] = []


def _touch_up_once(app: Sanic) -> None:
    if not _touched:
        _touched.append(app)
        _first_run(app)


TouchUp.run = staticmethod(_touch_up_once)  # type: ignore[method-assign,assignment]

Script = Callable[[UserMessage], Awaitable[None]]


def turn_of(kind: str, **more: Any) -> dict[str, Any]:
    """A turn's object as the assistant sends it (design, section 3)."""
    return {
        "kind": kind,
        "faq": [],
        "red_flags": [],
        "urgency": None,
        "priority": None,
        "sources": [],
        "reviewed": None,
        "message_id": None,
        **more,
    }


async def respond(message: UserMessage, kind: str, text: str, **more: Any) -> None:
    """Sends one response the way Rasa's actions do: object, text and buttons in one."""
    buttons = more.pop("buttons", None)
    response: dict[str, Any] = {"text": text, "custom": turn_of(kind, **more)}
    if buttons:
        response["buttons"] = [{"title": button, "payload": button} for button in buttons]
    await message.output_channel.send_response(message.sender_id, response)


class ScriptedAssistant:
    """Answers by the first words of a message, and remembers what it was given."""

    def __init__(self, script: Script | None = None) -> None:
        self.seen: list[UserMessage] = []
        self.script = script

    async def __call__(self, message: UserMessage) -> None:
        self.seen.append(message)
        if self.script:
            await self.script(message)
        else:
            await respond(message, "answer", f"You wrote {len(message.text or '')} characters.")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    channels: list[InputChannel], handler: Script, agent: Any = None, port: int | None = None
) -> Iterator[SimpleNamespace]:
    """Runs a Sanic app with the channels under `/webhooks/`, as `rasa run` does.

    Yields:
        An object with `url` (no slash at its end), `port` and `app`.
    """
    app = Sanic(f"test_{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent = agent
    port = port or free_port()
    for channel in channels:
        prefix = urljoin("/webhooks/", channel.url_prefix())
        app.blueprint(channel.blueprint(handler), url_prefix=prefix)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def run() -> None:
        server = await app.create_server(
            "127.0.0.1", port, return_asyncio_server=True, access_log=False
        )
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        app.ctx.test_server = server

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run())
        started.set()
        loop.run_forever()
        app.ctx.test_server.close()
        for connection in list(app.ctx.test_server.connections):
            connection.transport.abort()  # as the end of a process does
        loop.run_until_complete(asyncio.sleep(0.05))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert started.wait(20), "the test server did not start"
    try:
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}", port=port, app=app)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
