"""Opens the small databases of a site: one place for their settings and their file mode."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

# Below the second that a turn waits for its record: a locked file is reported as locked.
SECONDS_OF_A_TURN = 0.8
STATEMENT_MILLISECONDS = 5000
SECONDS_BETWEEN_LOOKS = 0.004
LOCKED = "database is locked"
TABLES_LOCK = 20261127  # an advisory lock of PostgreSQL: who makes tables

Durability = Literal["FULL", "NORMAL"]


def open_engine(
    url: str,
    durability: Durability,
    pooled: bool = False,
    patience: float = SECONDS_OF_A_TURN,
) -> Engine:
    """Makes an engine; a SQLite file is made readable by its owner alone.

    Args:
        url: A SQLAlchemy address, for example `sqlite:////var/lib/assistant/escalations.sqlite`.
        durability: SQLite's `synchronous`. FULL survives a power cut, NORMAL the end
            of the process.
        pooled: Keeps connections open; those to a file that was replaced since, or to a server that
            was started anew, are opened again. Without it each transaction has a connection of its
            own, so a hung one cannot hold up the next.
        patience: Seconds to wait for a lock of another process.

    Raises:
        OSError: If the file cannot be made.
    """
    parsed = make_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and parsed.database and parsed.database != ":memory:":
        make_private_file(Path(parsed.database))
    # Parameters hold patients' words, and SQLAlchemy puts them into its error messages.
    engine = create_engine(
        parsed,
        hide_parameters=True,
        poolclass=QueuePool if pooled else NullPool,
        connect_args=_for_sqlite() if sqlite else _for_server(patience),
        pool_pre_ping=pooled and not sqlite,  # a server that was restarted costs no turn
    )
    if sqlite:

        @event.listens_for(engine, "connect")
        def set_up(connection: object, _record: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]
            cursor = connection.cursor()  # type: ignore[attr-defined]
            cursor.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
            # Where the last other connection is just closing, SQLite answers at once: locked.
            _insist(lambda: cursor.execute("PRAGMA journal_mode=WAL"), patience)
            cursor.execute(f"PRAGMA synchronous={durability}")
            cursor.execute("PRAGMA secure_delete=ON")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if connection.get_execution_options().get("reads_only", False):
                connection.exec_driver_sql("BEGIN")
            else:
                _begin_writing(connection, patience)

        if pooled and parsed.database:
            _leave_replaced_file(engine, Path(parsed.database))

    return engine


def create_tables(engine: Engine, metadata: MetaData) -> None:
    """Makes the tables that are missing; several replicas may call it at once.

    Raises:
        SQLAlchemyError: If that failed.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TABLES_LOCK})")
        metadata.create_all(connection)


def _leave_replaced_file(engine: Engine, file: Path) -> None:
    """Opens kept connections again where another file stands under the name: a restored backup."""

    @event.listens_for(engine, "connect")
    def note(_connection: object, record: Any) -> None:
        record.info["file"] = _identity(file)

    @event.listens_for(engine, "checkout")
    def compare(_connection: object, record: Any, _proxy: object) -> None:
        if record.info["file"] != _identity(file):
            raise DisconnectionError


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino


def _begin_writing(connection: Connection, patience: float) -> None:
    """Waits for the file and locks it; pysqlite alone would do so at the first write, too late.

    SQLite's own waiting sleeps 100 ms between looks and so misses the gaps that a busy writer
    leaves: of two processes the second one would time out.
    """
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    _insist(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"), patience)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(patience * 1000)}")


def _insist(work: Callable[[], Any], patience: float) -> None:
    """Does something until the file is free for it, so many seconds at most."""
    deadline = time.monotonic() + patience
    while True:
        try:
            work()
            return
        except (OperationalError, sqlite3.OperationalError) as error:
            if LOCKED not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.5, 1.5) * SECONDS_BETWEEN_LOOKS)


def _for_sqlite() -> dict[str, Any]:
    return {"check_same_thread": False}  # the pool serves many threads


def _for_server(patience: float) -> dict[str, Any]:
    """For PostgreSQL: a server that does not answer is reported within the turn's second or so."""
    lock = round(patience * 1000)
    settings = f"-c lock_timeout={lock} -c statement_timeout={lock + STATEMENT_MILLISECONDS}"
    return {"connect_timeout": 2, "options": settings}


def make_private_file(file: Path) -> None:
    """Makes a file with mode 0600, or narrows the mode of one that stands.

    SQLite gives its -wal and -shm files the mode of the database.

    Raises:
        OSError: If that cannot be done.
    """
    # Only a new file is opened: closing one in use would drop the locks that SQLite has on it.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)
