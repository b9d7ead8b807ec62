"""A signed webhook in the Standard Webhooks scheme (standardwebhooks.com, version 1).

A receiver checks the signature, refuses timestamps older than five minutes, and ignores an id that
it has seen: then nobody can forge, alter or replay a request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from assistant.escalation.duty.recipients import Webhook, signing_key

SECONDS = 10.0
LONGEST_WAIT = timedelta(hours=1)


class WebhookError(Exception):
    """A receiver did not take a request.

    Args:
        message: Why.
        permanent: Whether trying again alone will not help.
        wait: How long the receiver asked us to wait.
    """

    def __init__(self, message: str, permanent: bool, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.wait = wait


def post(webhook: Webhook, key: str, content: dict[str, Any], at: datetime) -> None:
    """Posts a notification.

    Args:
        webhook: The receiver.
        key: The notification's id, the same at each attempt.
        content: The JSON object.
        at: The present moment.

    Raises:
        WebhookError: If the receiver cannot be reached in ten seconds or does not answer 2xx.
    """
    body = json.dumps(content, separators=(",", ":")).encode()
    timestamp = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature(webhook.secret, key, timestamp, body)}",
    }
    try:
        answer = requests.post(
            webhook.url, data=body, headers=headers, timeout=SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise WebhookError(f"cannot be reached: {type(error).__name__}", permanent=False) from error
    if not 200 <= answer.status_code < 300:
        client_error = 400 <= answer.status_code < 500
        passing = answer.status_code in (408, 425, 429)
        permanent = client_error and not passing
        raise WebhookError(f"answered {answer.status_code}", permanent, asked_to_wait(answer))


def asked_to_wait(answer: requests.Response) -> timedelta | None:
    """What Retry-After asks for, an hour at most: seconds, or a moment."""
    given = answer.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(timedelta(seconds=int(given[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(given) - datetime.now(timezone.utc)
    except (TypeError, ValueError):
        return None
    return max(timedelta(), min(until, LONGEST_WAIT))


def is_signed(secret: str, key: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether a `webhook-signature` header, which may hold several, holds ours."""
    expected = f"v1,{signature(secret, key, timestamp, body)}".encode()
    return any(hmac.compare_digest(one.encode(), expected) for one in given.split())


def signature(secret: str, key: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over id, timestamp (seconds since 1970) and body, in base64."""
    signed = f"{key}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(signing_key(secret), signed, hashlib.sha256).digest()).decode()
