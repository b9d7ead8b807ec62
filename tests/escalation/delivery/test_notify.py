"""Targets: the terminal, webhooks, Apprise."""

from __future__ import annotations

import http.server
import json
import threading
from datetime import datetime, timezone

import pytest

from assistant.escalation.delivery.message import Case, Notification
from assistant.escalation.delivery.notify import NotifyError, send
from assistant.escalation.duty.settings import Settings

AT = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)
CASE = Case("7F3A21C0", "red-flag", "page", ("cord-compression",), datetime(2026, 11, 27, 9, 58))
NOTIFICATION = Notification("k-1", "opened", [CASE], "http://here/link")


def test_the_terminal_shows_case_and_link(capsys: pytest.CaptureFixture[str]):
    send(Settings(), "terminal", NOTIFICATION, AT)
    shown = capsys.readouterr().out
    assert "EMERGENCY: case 7F3A21C0" in shown and "http://here/link" in shown
    assert "cord compression, 27 Nov 09:58 UTC" in shown


def test_apprise_delivers_title_and_body():
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        send(Settings(), f"json://127.0.0.1:{server.server_port}/x", NOTIFICATION, AT)
        thread.join()
    assert got[0]["title"] == "EMERGENCY: case 7F3A21C0"
    assert "http://here/link" in got[0]["message"]


@pytest.mark.parametrize(
    ("url", "permanent"), [("nonsense://x", True), ("json://127.0.0.1:9/hunter2", False)]
)
def test_what_apprise_cannot_deliver_is_an_error_without_its_address(url: str, permanent: bool):
    with pytest.raises(NotifyError) as caught:
        send(Settings(), url, NOTIFICATION, AT)
    assert caught.value.permanent is permanent and "hunter2" not in str(caught.value)
