"""The web page's sessions: signed, unguessable, expiring names of conversations."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer

from assistant.paths import state_folder

CONVERSATION_PREFIX = "web-"
SECRET_BYTES = 32


class Sessions:
    """Issues and reads sessions.

    Args:
        secret: Signs them; another secret ends all sessions.
        seconds: How long one lasts.
    """

    def __init__(self, secret: bytes, seconds: int) -> None:
        self.seconds = seconds
        self._serializer = URLSafeTimedSerializer(secret, salt="web-session")

    def issue(self) -> str:
        """A token for a conversation that nobody has had."""
        return self._serializer.dumps(CONVERSATION_PREFIX + secrets.token_urlsafe(18))

    def conversation(self, token: str | None) -> str | None:
        """The conversation of a token; None if it is forged, expired or missing."""
        if not token:
            return None
        try:
            found = self._serializer.loads(token, max_age=self.seconds)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None


def site_secret(file: Path | None = None) -> bytes:
    """The site's secret, made when it is first asked for, in a file of mode 0600.

    Args:
        file: By default `secret` in the state folder.

    Raises:
        OSError: If it can be neither read nor made.
    """
    file = file or state_folder() / "secret"
    if not file.exists():
        made = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(SECRET_BYTES).encode())
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(made, file)  # whole or not at all; of two processes the first wins
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return file.read_bytes()
