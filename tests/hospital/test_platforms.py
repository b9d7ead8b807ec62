"""Rasa's Twilio and Bot Framework connectors: advice intact, no object, numbered choices."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
import requests
from our_side import KEY_ID, Keys
from rasa.core.channels import botframework
from rasa.core.channels.botframework import BotFrameworkInput
from serving import serving
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator

from assistant.channels.twilio import SignedTwilioInput

PAYLOADS = Path(__file__).with_name("payloads")
NUMB = "since this morning my legs are numb and I cannot control my bladder"
APP, TOKEN, PUBLIC = "app-1", "twilio's token", "https://assistant.example/webhooks/twilio/webhook"
ADVICE = (r"\b999\b", "spinal cord|nerves", "do not wait|now")


class Platform:
    """Stands for the platform's own servers: gives keys and tokens, notes what is sent to it."""

    def __init__(self, keys: Keys) -> None:
        self.sent: list[dict[str, Any]] = []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                config = {"jwks_uri": f"{platform.url}/keys"}
                self._say({"keys": [keys.jwk]} if self.path == "/keys" else config)

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if "token" in self.path:
                    self._say({"access_token": "t", "expires_in": 3600})
                    return
                is_json = text.startswith("{")
                platform.sent.append(json.loads(text) if is_json else dict(parse_qsl(text)))
                self._say({"sid": "SM1", "status": "queued"}, 201)

            def _say(self, content: Any, status: int = 200) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def platform(hub_keys: Keys) -> Iterator[Platform]:
    platform = Platform(hub_keys)
    yield platform
    platform.stop()


@pytest.fixture
def twilio(agent: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Says something by Twilio; returns what came back."""
    real = TwilioHttpClient.request

    def to_platform(self: Any, method: str, url: str, *arguments: Any, **named: Any) -> Any:
        return real(self, method, re.sub("https://[^/]*", platform.url, url), *arguments, **named)

    monkeypatch.setattr(TwilioHttpClient, "request", to_platform)
    credentials = {
        "account_sid": "AC1",
        "auth_token": TOKEN,
        "twilio_number": "+447700900001",
        "public_url": PUBLIC,
    }
    channel = SignedTwilioInput.from_credentials(credentials)
    with serving([channel], agent.handle_message, agent) as running:

        def say(payload: str, text: str, token: str = TOKEN) -> Any:
            form = json.loads((PAYLOADS / payload).read_text())
            form["Body"] = text
            signature = RequestValidator(token).compute_signature(PUBLIC, form)
            headers = {"X-Twilio-Signature": signature}
            url = f"{running.url}/webhooks/twilio/webhook"
            answer = requests.post(url, data=form, headers=headers, timeout=30)
            return answer.status_code, [one["Body"] for one in platform.sent]

        yield say


@pytest.fixture
def teams(
    agent: Any, platform: Platform, hub_keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Says something by Teams; returns what came back."""
    monkeypatch.setattr(botframework, "MICROSOFT_OPEN_ID_URI", f"{platform.url}/openid")
    monkeypatch.setattr(botframework, "MICROSOFT_OAUTH2_URL", platform.url)
    channel = BotFrameworkInput.from_credentials({"app_id": APP, "app_password": "secret"})
    with serving([channel], agent.handle_message, agent) as running:

        def say(text: str, audience: str = APP) -> Any:
            body = json.loads((PAYLOADS / "teams.json").read_text())
            body |= {"text": text, "serviceUrl": platform.url}
            token = jwt.encode(
                {"aud": audience}, hub_keys.private, "RS384", headers={"kid": KEY_ID}
            )
            answer = requests.post(
                f"{running.url}/webhooks/botframework/webhook",
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=30,
            )
            return answer.status_code, [one["text"] for one in platform.sent]

        yield say


def is_intact(parts: list[str]) -> bool:
    """Whether the emergency advice came in full and nothing that only programs read."""
    text = "\n".join(parts)
    assert all(re.search(words, text) for words in ADVICE), text
    return bool(parts[0]) and "red_flags" not in text and not text.startswith("{")


@pytest.mark.parametrize("payload", ["twilio_sms.json", "twilio_whatsapp.json"])
def test_twilio_gets_the_advice_and_numbered_choices(twilio: Any, payload: str) -> None:
    status, parts = twilio(payload, NUMB)
    assert status == 204 and is_intact(parts)
    _, parts = twilio(payload, "scan")
    assert any(re.search(r"^1\. .+\n2\. ", part) for part in parts)


def test_twilio_must_have_signed(twilio: Any) -> None:
    assert twilio("twilio_sms.json", NUMB, token="another") == (401, [])


def test_teams_gets_the_advice_and_numbered_choices(teams: Any) -> None:
    status, parts = teams(NUMB)
    assert status == 200 and is_intact(parts)
    _, parts = teams("scan")
    assert any(re.search(r"^1\. .+\n2\. ", part) for part in parts)


def test_teams_must_be_for_us(teams: Any) -> None:
    assert teams(NUMB, audience="another")[0] == 401
