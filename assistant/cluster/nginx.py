"""nginx before the replicas: its settings from a template, and the process."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network as network
from pathlib import Path
from string import Template

from assistant.cluster.programs import Program, found, owner
from assistant.escalation.database import make_private_file
from assistant.profile import Network
from assistant.site import fill, load_site

TEMPLATE = Path(__file__).with_name("nginx.conf")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
# A replica that refuses a connection is left alone so long; only then is it asked again.
SERVER = "server {address} max_fails=1 fail_timeout=3s{resolved};"
RESOLVER = "resolver {address} valid=5s;"


@dataclass(frozen=True)
class Balance:
    """What nginx is to do.

    Attributes:
        listen: Its address, such as "127.0.0.1:5005".
        replicas: Theirs.
        proxies: Networks of the site's proxies before it, whose `X-Forwarded-For` is believed.
        resolver: A name server that is asked again and again for the replicas' names, where they
            come and go (nginx 1.27.3 or newer); None where their addresses stay.
    """

    listen: str
    replicas: Sequence[str]
    proxies: Sequence[Network] = ()
    resolver: str | None = None


def render(balance: Balance, folder: Path | None, user: str | None = None) -> str:
    """The text of nginx.conf.

    Args:
        balance: What to do.
        folder: Where it keeps its process id, log and buffers; None for a container's own places.
        user: Whom its workers run as, where it starts as root.
    """
    resolved = " resolve" if balance.resolver else ""
    servers = [SERVER.format(address=one, resolved=resolved) for one in balance.replicas]
    real_ip = [f"set_real_ip_from {network};" for network in balance.proxies]
    if real_ip:
        real_ip += ["real_ip_header X-Forwarded-For;", "real_ip_recursive on;"]
    place = Path("/tmp") if folder is None else folder
    emergency = _quoted(fill("{emergency_number}", load_site()))
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        user=f"user {user};" if user else "",
        pid=place / "nginx.pid",
        log="stderr" if folder is None else folder / "error.log",
        temporary="\n    ".join(f"{name}_temp_path {place / name};" for name in TEMPORARY),
        real_ip="\n    ".join(real_ip),
        resolver=RESOLVER.format(address=balance.resolver) if balance.resolver else "",
        servers="\n        ".join(servers),
        listen=balance.listen,
        emergency=emergency,
    )


def nginx(balance: Balance, folder: Path) -> Program:
    """The process, to be started.

    Raises:
        ClusterError: If nginx is not installed.
    """
    program = found("nginx", "nginx")
    folder.mkdir(parents=True, exist_ok=True)
    user = owner(("www-data", "nginx", "nobody"))
    settings, log = folder / "nginx.conf", folder / "error.log"
    make_private_file(log)
    settings.write_text(render(balance, folder, user))

    def is_up() -> bool:
        host, _, port = balance.listen.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True

    command: list[str | Path] = [
        program,
        "-c",
        settings,
        "-p",
        folder,
        "-e",
        log,
        "-g",
        "daemon off;",
    ]
    return Program(command, folder / "log", is_up)


def _quoted(text: str) -> str:
    """A text for a JSON string within one of nginx, which knows no way to write a dollar."""
    written = json.dumps(text)[1:-1].replace("\\", "\\\\")
    return written.replace("'", "\\'").replace("$", "")


def main() -> None:
    """Prints the settings for a container: deploy/ keeps what this prints."""
    parser = argparse.ArgumentParser(prog="python -m assistant.cluster.nginx", description=__doc__)
    parser.add_argument("--listen", default="8080")
    parser.add_argument("--replicas", required=True, help="name and port of the replicas")
    parser.add_argument("--resolver", required=True, help="the name server of the network")
    parser.add_argument("--proxy", action="append", default=[], help="network of proxies before it")
    given = parser.parse_args()
    proxies = [network(one) for one in given.proxy]
    balance = Balance(given.listen, [given.replicas], proxies, given.resolver)
    sys.stdout.write(render(balance, None))


if __name__ == "__main__":
    main()
