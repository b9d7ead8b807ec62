"""Brings the escalation store to the form that this code expects."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

FOLDER = Path(__file__).resolve().parent
LOCK = 7_114_001  # of PostgreSQL: any number that nobody else in this database uses

_in_this_process = threading.Lock()


class MigrationError(Exception):
    """The store has a form that this code does not know; the message says what to do."""


def upgrade(engine: Engine) -> None:
    """Creates or upgrades the tables; several processes may call it at once.

    Raises:
        MigrationError: If a newer version of the assistant has upgraded the store.
    """
    with engine.connect().execution_options(reads_only=True) as connection:
        if _revision(connection) == newest():
            return
    with _alone(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        revision = _revision(connection)
        if revision is not None and revision not in _known():
            raise MigrationError(
                f"the store is of version {revision}, which this version of the assistant does "
                "not know; use the newer version, or restore a backup"
            )
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@lru_cache(maxsize=1)
def newest() -> str:
    """The version that this code expects."""
    return str(_scripts().get_current_head())


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keeps other processes of this machine away from a SQLite file that is being made."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        yield
        return
    # On the folder, never on the file: when a process closes any descriptor of a file it loses the
    # locks that SQLite holds on it, and another connection may delete the log under its writer.
    folder = os.open(Path(database).absolute().parent, os.O_RDONLY)
    try:
        with _in_this_process:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
    finally:
        os.close(folder)
