"""Signed webhooks, received by a real server and checked as a receiver would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from assistant.escalation.delivery.webhook import WebhookError, post
from assistant.escalation.duty.recipients import Webhook

SECRET = "0123456789abcdef"
AT = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)


@pytest.fixture
def receiver():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.got.append((dict(self.headers), body))
            self.send_response(self.server.status)
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 200
    server.webhook = Webhook(url=f"http://127.0.0.1:{server.server_port}/cases", secret=SECRET)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_receiver_can_check_who_sent_what_and_when(receiver):
    post(receiver.webhook, "k-1", {"cases": []}, AT)
    ((headers, body),) = receiver.got
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["webhook-id"] == "k-1" and json.loads(body) == {"cases": []}
    assert int(headers["webhook-timestamp"]) == AT.timestamp()
    signed = f"k-1.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"


def test_the_example_of_the_standard_is_signed_as_it_says():
    from assistant.escalation.delivery.webhook import signature

    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert signed == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (503, False), (429, False), (404, True), (302, False)]
)
def test_what_is_not_taken_is_an_error(receiver, status, permanent):
    receiver.status = status
    with pytest.raises(WebhookError, match=f"answered {status}") as caught:
        post(receiver.webhook, "k", {}, AT)
    assert caught.value.permanent is permanent
    assert len(receiver.got) == 1  # a redirect is not followed: it would carry the case elsewhere


def test_a_receiver_that_is_down_is_an_error_without_its_address():
    with pytest.raises(WebhookError) as caught:
        post(Webhook(url="http://127.0.0.1:9/secret-path", secret=SECRET), "k", {}, AT)
    assert not caught.value.permanent and "secret-path" not in str(caught.value)
