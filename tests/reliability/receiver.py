"""A real receiver of signed webhooks, as a hospital would write one, that can be made to fail."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assistant.escalation.delivery.webhook import signature

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyE="
TOLERANCE_SECONDS = 300


class Receiver:
    """Checks signature and timestamp, acts on each key once, and remembers all.

    Args:
        port: By default a free one.

    Attributes:
        acted: What it acted on, by key, in order of arrival.
        times: When it acted on a key, seconds of `time.time`.
        requests: How often each key arrived, whatever became of it.
        refused: Requests with a wrong signature or timestamp.
        status: What it answers; anything but 200 without acting.
        seconds: How long it takes to answer.
        acts_but_fails: Acts, and answers 500 all the same, as often as this says.
    """

    def __init__(self, port: int = 0) -> None:
        self.acted: dict[str, dict[str, Any]] = {}
        self.times: dict[str, float] = {}
        self.requests: Counter[str] = Counter()
        self.refused: list[str] = []
        self.status = 200
        self.seconds = 0.0
        self.acts_but_fails = 0
        self.now = time.time
        self._lock = threading.Lock()
        self._start(port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cases"

    @property
    def cases(self) -> list[str]:
        """References of the cases that it heard of, in order of arrival, each once."""
        heard = (case["reference"] for one in self.acted.values() for case in one["cases"])
        return list(dict.fromkeys(heard))

    def take(self, headers: Any, body: bytes) -> int:
        """Takes a request; returns the status to answer with."""
        key, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        wanted = f"v1,{signature(SECRET, key, timestamp, body)}"
        fresh = abs(self.now() - int(timestamp)) < TOLERANCE_SECONDS
        with self._lock:
            self.requests[key] += 1
            if not hmac.compare_digest(wanted, headers["webhook-signature"]) or not fresh:
                self.refused.append(key)
                return 401
            if self.status != 200:
                return self.status
            if key not in self.acted:
                self.acted[key] = json.loads(body)
                self.times[key] = time.time()
            if self.acts_but_fails:
                self.acts_but_fails -= 1
                return 500
            return 200

    def go_down(self) -> None:
        """Nothing listens on the port any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def come_back(self) -> None:
        self._start(self.port)

    stop = go_down

    def _start(self, port: int) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender died while it was sending
                    self.close_connection = True
                    return
                time.sleep(receiver.seconds)
                self.send_response(receiver.take(self.headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.daemon = True
        self._thread.start()
