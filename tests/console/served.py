"""Serves the console on a free port, as its process does, and speaks HTTP with it."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from assistant.escalation.store import EscalationStore
from assistant.web.console.app import create_app
from assistant.web.console.sessions import Limits
from assistant.web.console.settings import ConsoleSettings
from assistant.web.console.texts import Texts

PASSWORD = "copper lantern tuesday"


@contextmanager
def serving_console(
    store: EscalationStore,
    limits: Limits | None = None,
    port: int | None = None,
    texts: Texts | None = None,
) -> Iterator[SimpleNamespace]:
    """Yields an object with `url` (no slash at its end) and `port`."""
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    app = create_app(store, ConsoleSettings(port=port), limits, texts)
    # Not waitress, which cannot be stopped within a process; tests/test_serve.py starts that one.
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}", port=port, app=app)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


class Visitor(requests.Session):
    """A browser without a screen: keeps cookies, takes tokens from the pages it was shown."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.trust_env = False

    def request(self, method, path, **more):
        address = path if path.startswith("http") else self.url + path
        return super().request(method, address, **{"timeout": 60, **more})

    def token(self, path: str = "/password") -> str:
        return field(self.get(path).text, "csrf_token")

    def log_in(self, login: str, password: str = PASSWORD) -> requests.Response:
        data = {"csrf_token": self.token("/log-in"), "login": login, "password": password}
        return self.post("/log-in", data=data, allow_redirects=False)

    def press(self, reference: str, action: str, **fields: str) -> requests.Response:
        """Sends a form of a case's page as it is shown now."""
        page = self.get(f"/cases/{reference}").text
        known = {name: field(page, name) for name in ("csrf_token", "seen", "read_until")}
        data = {"key": field(page, "key"), **known, **fields}
        return self.post(f"/cases/{reference}/{action}", data=data)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def write_tracker(state, conversation, events):
    """Events as Rasa's SQLTrackerStore keeps them: (type, data), one second apart, ending now."""
    began = time.time() - len(events) + 1
    with sqlite3.connect(state / "tracker.sqlite") as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id TEXT, "
            "type_name TEXT, timestamp FLOAT, intent_name TEXT, action_name TEXT, data TEXT)"
        )
        for number, (kind, data) in enumerate(events):
            at = began + number
            row = (conversation, kind, at, json.dumps({"event": kind, "timestamp": at, **data}))
            connection.execute(
                "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, ?)",
                row,
            )
