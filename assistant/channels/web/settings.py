"""The settings of the web channel, as credentials.yml names them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rasa.shared.exceptions import RasaException

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class WebSettings:
    """What a site may set.

    Attributes:
        session_hours: How long a session lasts.
        origins: Pages that may embed the widget, such as "https://www.hospital.example"; the
            channel's own always may.
        proxies: Addresses or networks of the site's proxies: from them alone `X-Forwarded-For` is
            believed.
        messages_per_minute: Of one session; who is quicker is refused, but for red flags.
        messages_per_minute_of_address: Of one address, behind which a whole ward may be.
        sessions_per_minute_of_address: Sessions that an address may begin.
        waiting_messages: How many messages of a session may wait for their answers.
        theme: A folder with `theme.css` and what it shows (the logo), for the page of our own.
    """

    session_hours: float = 12.0
    origins: frozenset[str] = frozenset()
    proxies: tuple[Network, ...] = ()
    messages_per_minute: int = 30
    messages_per_minute_of_address: int = 600
    sessions_per_minute_of_address: int = 120
    waiting_messages: int = 20
    theme: Path | None = None


def read_settings(given: dict[str, Any] | None) -> WebSettings:
    """Reads the channel's settings.

    Args:
        given: As they stand in credentials.yml; None for none.

    Raises:
        RasaException: If a setting is unknown or of the wrong kind.
    """
    values = dict(given or {})
    names = [field.name for field in fields(WebSettings)]
    unknown = sorted(str(name) for name in values if name not in names)
    if unknown:
        raise _wrong(f"WebInput does not know {', '.join(unknown)}; allowed are {', '.join(names)}")
    return WebSettings(**{name: _READERS[name](name, value) for name, value in values.items()})


def _hours(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise _wrong(f"{name} must be a number above 0, found {value!r}")
    return float(value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(f"{name} must be a whole number from 1, found {value!r}")
    return value


def _origins(name: str, value: Any) -> frozenset[str]:
    for one in _texts(name, value, "https://www.hospital.example"):
        parts = urlsplit(one)
        if parts.scheme not in ("http", "https") or one != f"{parts.scheme}://{parts.netloc}":
            raise _wrong(f"{name} must be like https://www.hospital.example, found {one!r}")
    return frozenset(value)


def _networks(name: str, value: Any) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one) for one in _texts(name, value, "10.0.0.0/8"))
    except ValueError as error:
        raise _wrong(f"{name} must be addresses or networks: {error}") from error


def _folder(name: str, value: Any) -> Path:
    if not isinstance(value, str) or not (Path(value) / "theme.css").is_file():
        raise _wrong(f"{name} must be a folder that holds theme.css, found {value!r}")
    return Path(value)


def _texts(name: str, value: Any, example: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(f"{name} must be a list of texts such as {example}, found {value!r}")
    return value


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "session_hours": _hours,
    "origins": _origins,
    "proxies": _networks,
    "messages_per_minute": _count,
    "messages_per_minute_of_address": _count,
    "sessions_per_minute_of_address": _count,
    "waiting_messages": _count,
    "theme": _folder,
}


def _wrong(what: str) -> RasaException:
    return RasaException(f"credentials.yml: {what}")
