"""Services without a model: what is replied is the test's to say; the metrics are the real ones."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from waiting import until

from assistant.benchmarks.serving.services import Ours
from assistant.cluster.programs import free_port
from assistant.observability.exposition import exposition
from assistant.observability.metrics import note_last_resort


def answer(text, message_id):
    """Object and text."""
    return [{"custom": {"kind": "answer", "message_id": message_id}}, {"text": "It is a drug."}]


def last_resort(text, message_id):
    """As a channel of patients replies where the turn failed: under the right id."""
    note_last_resort("rest")
    turn = {"kind": "fallback", "message_id": message_id}
    return [{"custom": turn}, {"text": "Something went wrong, please send it once more."}]


def object_alone(text, message_id):
    """Nothing to read."""
    return answer(text, message_id)[:1]


class FakeOurs(Ours):
    """Runs already, in this process."""

    url = ""
    roots = (os.getpid(),)

    def __init__(self, url: str) -> None:
        self.url = url


@contextmanager
def ours(reply: Callable = answer):
    """A service with our protocol over REST."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = reply(body["message"], body.get("metadata", {}).get("message_id"))
            self.send(json.dumps(said).encode())

        def do_GET(self):
            self.send(exposition()[0])

        def send(self, content):
            with suppress(BrokenPipeError):  # nobody waits for it any more
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield FakeOurs(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def sockets():
    """Both protocols over Socket.IO, see `bubbles.py`; their address."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("bubbles.py")), str(port)]
    with subprocess.Popen(command) as process:
        try:
            until(lambda: _listens(port), "the socket listens")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
