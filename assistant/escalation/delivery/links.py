"""One-time links in notifications: who has one may see a case's outline and acknowledge it."""

from __future__ import annotations

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from assistant.secret import site_secret

PATH = "/webhooks/staff/acknowledge/"


class LinkError(Exception):
    """A link cannot be used; `expired` says whether it once could."""

    def __init__(self, expired: bool) -> None:
        super().__init__("the link has expired" if expired else "the link is not ours")
        self.expired = expired


def link_for(public_url: str, key: str) -> str:
    """The link of a notification; each attempt to send it makes an equally good one."""
    return f"{public_url.rstrip('/')}{PATH}{_serializer().dumps(key)}"


def key_of(token: str, hours: float) -> str:
    """The key of the notification that a link's token was made for.

    Args:
        token: The last part of the link's path.
        hours: How long links are valid.

    Raises:
        LinkError: If it is forged or has expired.
    """
    try:
        return str(_serializer().loads(token, max_age=round(hours * 3600)))
    except SignatureExpired:
        raise LinkError(expired=True) from None
    except BadSignature:
        raise LinkError(expired=False) from None


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site_secret(), salt="acknowledgement")
