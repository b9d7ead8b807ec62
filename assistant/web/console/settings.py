"""How the console is reached, read from the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
PORT = 5006
# Where the assistant's readiness asks whether the console is up; set by whoever starts both.
CONSOLE_HEALTH = "ASSISTANT_CONSOLE_HEALTH"


class ConsoleError(Exception):
    """The console cannot be started so; the message says what to do."""


@dataclass(frozen=True)
class ConsoleSettings:
    """Where the console listens, and by which address staff reach it.

    Attributes:
        host: The address that it listens on.
        port: The port.
        url: How staff reach it through a proxy with https, such as
            "https://console.hospital.example"; None on this machine alone.
    """

    host: str = LOOPBACK
    port: int = PORT
    url: str | None = None

    @property
    def shown(self) -> str:
        """The address to open."""
        return f"{self.url or f'http://{self.host}:{self.port}'}/"

    @property
    def health(self) -> str:
        """The address that says whether it is up, for the assistant's readiness."""
        everywhere = self.host in ("0.0.0.0", "::")
        return f"http://{LOOPBACK if everywhere else self.host}:{self.port}/health"

    @property
    def hosts(self) -> list[str]:
        """The names by which requests may call it: a page elsewhere must not get one of its own."""
        own = [f"{name}:{self.port}" for name in (self.host, LOOPBACK, "localhost")]
        return [*own, urlsplit(self.url).netloc] if self.url else own


def console_settings(environment: Mapping[str, str] = os.environ) -> ConsoleSettings:
    """Reads `CONSOLE_PORT`, `CONSOLE_URL` and `HOST`.

    Without `CONSOLE_URL` the console stays on this machine, whatever `HOST` says: passwords never
    cross a network in the clear.

    Raises:
        ConsoleError: If one of them cannot be used.
    """
    given = environment.get("CONSOLE_PORT", str(PORT))
    if not given.isdigit() or not 1 <= int(given) <= 65535:
        raise ConsoleError(f"CONSOLE_PORT={given}: must be a whole number from 1 to 65535")
    url = environment.get("CONSOLE_URL", "").rstrip("/") or None
    if url is None:
        return ConsoleSettings(port=int(given))
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.netloc or parts.path:
        raise ConsoleError(
            f"CONSOLE_URL={url}: must be the https address of the proxy before the console, "
            "without a path, such as https://console.hospital.example"
        )
    host = environment.get("HOST", LOOPBACK)
    return ConsoleSettings(
        host="127.0.0.1" if host == "localhost" else host, port=int(given), url=url
    )


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
