"""Access tokens by SMART Backend Services: client credentials with a signed JWT as assertion."""

from __future__ import annotations

import threading
import time
import uuid

import jwt
import requests

from assistant.escalation.duty.recipients import Smart

ASSERTION_SECONDS = 240  # the standard allows five minutes
EARLIER = 30.0  # seconds before its end a token is no longer used
SHORTEST, DEFAULT_SECONDS = 5.0, 300.0
TIMEOUT = (5.0, 10.0)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenError(Exception):
    """The server gave no token; the message says why, without secrets."""


class Tokens:
    """The access token of one client; safe to use from several threads.

    Args:
        smart: How the client is known.
        http: Sends the requests.
    """

    def __init__(self, smart: Smart, http: requests.Session) -> None:
        self._smart = smart
        self._http = http
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until = 0.0

    def token(self) -> str:
        """A token that is still good.

        Raises:
            TokenError: If there is none to be had.
        """
        with self._lock:
            if self._token is None or time.monotonic() >= self._until:
                self._token = self._fetch()
            return self._token

    def drop(self) -> None:
        """Forgets the token: the server no longer takes it."""
        with self._lock:
            self._token = None

    def _fetch(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "scope": self._smart.scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        try:
            answer = self._http.post(
                self._smart.token_url, data=form, timeout=TIMEOUT, allow_redirects=False
            )
            content = answer.json() if answer.status_code == 200 else {}
        except ValueError as error:  # requests' own errors for JSON are such
            raise TokenError("the token address answered no JSON") from error
        except requests.RequestException as error:
            raise TokenError(
                f"the token address cannot be reached: {type(error).__name__}"
            ) from error
        token = content.get("access_token") if isinstance(content, dict) else None
        if not isinstance(token, str) or not token:
            raise TokenError(f"the token was refused: the server answered {answer.status_code}")
        seconds = content.get("expires_in", DEFAULT_SECONDS)
        good = float(seconds) if isinstance(seconds, (int, float)) else DEFAULT_SECONDS
        self._until = time.monotonic() + max(SHORTEST, good - EARLIER)
        return token

    def _assertion(self) -> str:
        smart, now = self._smart, int(time.time())
        claims = {
            "iss": smart.client_id,
            "sub": smart.client_id,
            "aud": smart.token_url,
            "jti": uuid.uuid4().hex,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        try:
            key = smart.key_file.read_bytes()
            return jwt.encode(claims, key, smart.algorithm, headers={"kid": smart.key_id})
        except (OSError, ValueError, TypeError, jwt.PyJWTError) as error:
            raise TokenError(f"the private key cannot sign: {type(error).__name__}") from error
