"""A PostgreSQL server for the tests: the one that is given, or one of their own."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

GIVEN = "ASSISTANT_TEST_POSTGRES"
OWNERS = ("postgres", "nobody")  # initdb refuses root
SECONDS_TO_START = 60
PR_SET_PDEATHSIG = 1  # of Linux: a signal for when the parent ends


@contextmanager
def server_url() -> Iterator[str]:
    """The address of a server in which databases can be made.

    Of `ASSISTANT_TEST_POSTGRES`, which is left running; else of a server that is started on a free
    port, with its data in a temporary folder, and stopped at the end.
    """
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="assistant-postgresql-") as name:
        folder = Path(name)
        owner = _owner()
        if owner:
            os.chown(folder, pwd.getpwnam(owner).pw_uid, -1)
        server, url = _start(folder, owner)
        try:
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # ends at once, in order
            server.wait(30)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The address of a new, empty database, which is dropped at the end."""
    name = f"assistant_test_{uuid.uuid4().hex[:12]}"
    run(server, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        run(server, f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, statement: str) -> None:
    """Runs one statement outside of transactions."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _start(folder: Path, owner: str | None) -> tuple[subprocess.Popen[bytes], str]:
    programs, data, log = _programs(), folder / "data", folder / "log"
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "assistant", "-A", "trust", "-E", "UTF8", "-N"],
        user=owner,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = ("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *settings],
            user=owner,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_us,
        )
    url = f"postgresql://assistant@127.0.0.1:{port}/postgres"
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            run(url, "SELECT 1")
            return server, url
        except OperationalError:
            time.sleep(0.1)
    server.kill()
    server.wait()
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")


def _end_with_us() -> None:
    """Tests that are killed leave no server behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _programs() -> Path:
    newest = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4])
    )
    found = newest[-1] if newest else shutil.which("initdb")
    if found is None:
        raise RuntimeError(
            "PostgreSQL's programs are not installed: run scripts/postgresql (Debian: 'sudo "
            f"apt-get install postgresql'), or name a server in {GIVEN}"
        )
    return Path(found).resolve().parent


def _owner() -> str | None:
    """Whom the server runs as: us, but never root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(owner for owner in OWNERS if owner in known)
