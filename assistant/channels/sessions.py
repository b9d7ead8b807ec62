"""The web page's sessions: signed, unguessable, expiring names of conversations."""

from __future__ import annotations

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer

CONVERSATION_PREFIX = "web-"


class Sessions:
    """Issues and reads sessions.

    Args:
        secret: Signs them; another secret ends all sessions.
        seconds: How long one lasts.
    """

    def __init__(self, secret: bytes, seconds: int) -> None:
        self.seconds = seconds
        self._serializer = URLSafeTimedSerializer(secret, salt="web-session")

    def issue(self, conversation: str | None = None) -> str:
        """A token for a conversation: a new one, or the one of a token that is still good."""
        return self._serializer.dumps(
            conversation or CONVERSATION_PREFIX + secrets.token_urlsafe(18)
        )

    def conversation(self, token: str | None) -> str | None:
        """The conversation of a token; None if it is forged, expired or missing."""
        if not token:
            return None
        try:
            found = self._serializer.loads(token, max_age=self.seconds)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None
