"""PostgreSQL and Redis of a cluster's own, on free ports, with a password each."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from redis import Redis
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import NullPool

from assistant.cluster.programs import ClusterError, Program, found, free_port, identity, owner
from assistant.escalation.database import make_private_file

NAME = "assistant"
CONNECTIONS = 200  # about 20 of each replica, 10 of each worker
SECONDS_TO_CONNECT = 2


class OwnPostgresql:
    """A PostgreSQL server with its data in a folder, which stays for the next start.

    Args:
        folder: Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        user = owner(("postgres", "nobody"))  # initdb refuses root
        data, log = folder / "data", folder / "log"
        port, password = free_port(), _password(folder / "password")
        if user:
            shutil.chown(folder, user)
        if not (data / "PG_VERSION").is_file():
            _make(folder, data, password, user)
        self.url = _url(port, password, NAME)
        self._server = _url(port, password, "postgres")
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": str(CONNECTIONS),
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.program = Program(
            [postgresql_programs() / "postgres", "-D", data, "-p", str(port), *given],
            log,
            self._is_up,
            user,
            signal.SIGINT,  # at once, in order: the default waits for clients to leave
        )

    def start(self) -> None:
        """Starts it, with its database.

        Raises:
            ClusterError: If it does not come up.
        """
        self.program.start()
        with _autocommit(self._server) as connection:
            known = connection.exec_driver_sql(
                "SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)
            )
            if known.first() is None:
                connection.exec_driver_sql(f"CREATE DATABASE {NAME}")

    def _is_up(self) -> bool:
        with _autocommit(self._server) as connection:
            return bool(connection.exec_driver_sql("SELECT 1").scalar())


class OwnRedis:
    """A Redis server that keeps nothing: locks that outlive it would only be in the way.

    Args:
        folder: For its log.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port, password = free_port(), secrets.token_hex(16)
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        lines = (
            f"port {port}",
            "bind 127.0.0.1",
            f"requirepass {password}",
            'save ""',
            "appendonly no",
        )
        self.program = Program(
            # Its settings on standard input: whoever lists processes sees no password.
            [found("redis-server", "redis", "ASSISTANT_REDIS=redis://host:6379/0"), "-"],
            folder / "log",
            lambda: bool(Redis.from_url(self.url, socket_timeout=1).ping()),
            stdin="\n".join(lines).encode(),
        )

    def start(self) -> None:
        """Starts it, empty.

        Raises:
            ClusterError: If it does not come up.
        """
        self.program.start()


def postgresql_programs() -> Path:
    """The folder of PostgreSQL's programs, the newest that Debian has installed.

    Raises:
        ClusterError: If there is none.
    """
    newest = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4])
    )
    if newest:
        return newest[-1].parent
    setting = "ASSISTANT_DATABASE=postgresql://user:password@host/assistant"
    return found("initdb", "postgresql", setting).resolve().parent


def check_postgresql(url: str) -> None:
    """Asks a server that was given.

    Raises:
        ClusterError: If it does not answer.
    """
    try:
        with _autocommit(url) as connection:
            connection.exec_driver_sql("SELECT 1")
    except Exception as error:
        raise ClusterError(f"ASSISTANT_DATABASE, {make_url(url)!r}: {error}") from error


def check_redis(url: str) -> None:
    """Asks a server that was given.

    Raises:
        ClusterError: If it does not answer.
    """
    try:
        Redis.from_url(url, socket_timeout=SECONDS_TO_CONNECT).ping()
    except Exception as error:
        raise ClusterError(f"ASSISTANT_REDIS: {type(error).__name__}: {error}") from error


def _make(folder: Path, data: Path, password: str, user: str | None) -> None:
    handed = folder / "handed-over"
    make_private_file(handed)
    handed.write_text(password)
    if user:
        shutil.chown(handed, user)
    settings = ("-A", "scram-sha-256", "--pwfile", str(handed), "-E", "UTF8")
    made = subprocess.run(
        [str(postgresql_programs() / "initdb"), "-D", str(data), "-U", NAME, *settings],
        **identity(user),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    handed.unlink()
    if made.returncode:
        raise ClusterError(f"initdb failed in {data}: {made.stderr}")


def _password(file: Path) -> str:
    if not file.exists():
        make_private_file(file)
        file.write_text(secrets.token_hex(16))
    return file.read_text()


def _url(port: int, password: str, database: str) -> str:
    parts = {"username": NAME, "password": password, "host": "127.0.0.1", "port": port}
    url = URL.create("postgresql", **parts, database=database)
    return str(url.render_as_string(hide_password=False))


def _autocommit(url: str) -> Connection:
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args={"connect_timeout": SECONDS_TO_CONNECT},
    )
    return engine.connect()
