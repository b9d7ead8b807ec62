"""How Prometheus gets at the figures of a process: from this machine, or with a token."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import REGISTRY, make_wsgi_app
from prometheus_client.exposition import choose_encoder
from waitress import create_server

logger = logging.getLogger(__name__)

TOKEN = "ASSISTANT_METRICS_TOKEN"
LOOPBACK = "127.0.0.1"
# Of a proxy: whoever sends one of these is not on this machine, whatever the address says.
FORWARDING = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class MetricsError(Exception):
    """Metrics cannot be served so; the message says what to do."""


def is_allowed(peer: str, headers: Mapping[str, str]) -> bool:
    """Whether a request may see the metrics.

    Where `ASSISTANT_METRICS_TOKEN` is set, whoever sends it as bearer token; else whoever asks from
    this machine, and not through a proxy on it.

    Args:
        peer: The address that the connection comes from.
        headers: Of the request, their names in small letters.
    """
    token = os.environ.get(TOKEN)
    if token:
        given = headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return _is_loopback(peer) and not any(name in headers for name in FORWARDING)


def credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The headers by which `is_allowed` knows a program on this machine.

    Args:
        environment: Of the process that is asked.
    """
    token = environment.get(TOKEN)
    return {"Authorization": f"Bearer {token}"} if token else {}


def exposition(accept: str = "") -> tuple[bytes, str]:
    """The figures of this process, and their content type.

    Args:
        accept: The request's header `Accept`.
    """
    encode, content_type = choose_encoder(accept)
    return encode(REGISTRY), content_type


def serve_metrics(setting: str) -> int | None:
    """Serves `/metrics` in a thread of its own, where an environment variable names a port.

    A port that is taken is said in the log and stops nothing: what the process is for goes first.

    Args:
        setting: The variable; its value is a port of this machine, or address and port
            ("0.0.0.0:9101"), which needs `ASSISTANT_METRICS_TOKEN`.

    Returns:
        The port, None where nothing is served.

    Raises:
        MetricsError: If the value cannot be used.
    """
    given = os.environ.get(setting)
    if not given:
        return None
    host, port = _address(setting, given)
    try:
        server = create_server(
            _application(),
            host=host,
            port=port,
            threads=2,
            ident=None,
            asyncore_use_poll=True,  # select knows no file above the 1,024th
            clear_untrusted_proxy_headers=False,  # `is_allowed` looks for them
        )
    except OSError as error:
        logger.error("No metrics: cannot listen on %s:%d (%s)", host, port, error.strerror)
        return None
    threading.Thread(target=server.run, name="metrics", daemon=True).start()
    return int(server.effective_port)


def _address(setting: str, given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":")
    host = host.strip("[]") or LOOPBACK
    if not port.isdigit() or int(port) > 65535:
        raise MetricsError(
            f"{setting}={given}: must be a port (9101), or address and port (0.0.0.0:9101)"
        )
    if not _is_loopback(host) and not os.environ.get(TOKEN):
        raise MetricsError(
            f"{setting}={given} can be reached from outside: set {TOKEN} to a secret that "
            "Prometheus must send as bearer token, or name the port alone"
        )
    return host, int(port)


def _application() -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    metrics = make_wsgi_app()

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if environ["PATH_INFO"] != "/metrics":
            start_response("404 Not Found", [])
            return [b""]
        if not is_allowed(environ.get("REMOTE_ADDR", ""), headers):
            start_response("403 Forbidden", [])
            return [b""]
        answer: Iterable[bytes] = metrics(environ, start_response)
        return answer

    return serve


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
