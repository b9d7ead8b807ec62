"""Backs up the escalation store and restores it, also from SQLite to PostgreSQL and back.

Run as `python -m assistant.escalation.backup save|restore FILE`; `make backup` and `make restore`
do. The file is a zip of JSON lines, one file a table, readable by its owner alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Table, func, insert, select
from sqlalchemy.engine import Connection

from assistant.escalation.duty.settings import SettingsError
from assistant.escalation.migrations import newest
from assistant.escalation.store import EscalationStore, EscalationStoreError, patient_store
from assistant.escalation.tables import metadata

VERSION = "version.json"
# Signs of life are nobody's history; who was logged in logs in again.
PASSING = ("worker", "staff_session", "staff_failure")
AT_A_TIME = 500


class BackupError(Exception):
    """A backup cannot be read or restored; the message says why and what to do."""


def save(store: EscalationStore, file: Path) -> dict[str, int]:
    """Writes all that the store holds, as it is at one moment, while the assistant runs on.

    Args:
        store: The escalation store.
        file: A new file; it appears only when it is whole.

    Returns:
        How many rows, by table.

    Raises:
        BackupError: If the file stands already.
        EscalationStoreError: If the store cannot be read.
        OSError: If the file cannot be written.
    """
    if file.exists():
        raise BackupError(f"{file} stands already; name another file")
    half = file.with_name(f".{file.name}.{os.getpid()}")
    counts: dict[str, int] = {}
    try:
        descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            with (
                zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
                store.reading("back up") as connection,
            ):
                _hold_still(connection)
                archive.writestr(VERSION, json.dumps({"version": newest()}))
                for table in _tables():
                    lines = [json.dumps(row) for row in _rows(connection, table)]
                    archive.writestr(f"{table.name}.jsonl", "\n".join(lines))
                    counts[table.name] = len(lines)
            stream.flush()
            os.fsync(stream.fileno())
        half.rename(file)
    finally:
        half.unlink(missing_ok=True)
    return counts


def restore(store: EscalationStore, file: Path) -> dict[str, int]:
    """Puts a backup into an empty store, all of it or nothing.

    Args:
        store: A store that holds no case.
        file: What `save` wrote.

    Returns:
        How many rows, by table.

    Raises:
        BackupError: If the file is no backup of this version, or the store is not empty.
        EscalationStoreError: If the store failed; nothing has changed then.
    """
    content = _read(file)
    with store.transaction("restore a backup") as connection:
        held = sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _tables()
        )
        if held:
            raise BackupError(
                f"the store holds {held} rows already; restore into an empty one (stop the "
                "assistant, move its database away, and try again)"
            )
        for table in _tables():
            rows = content[table.name]
            for first in range(0, len(rows), AT_A_TIME):
                connection.execute(insert(table), rows[first : first + AT_A_TIME])
            _count_on(connection, table)
    return {name: len(rows) for name, rows in content.items()}


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in PASSING]


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    for row in connection.execute(select(table).order_by(*table.primary_key)).mappings():
        yield {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in row.items()
        }


def _hold_still(connection: Connection) -> None:
    """All tables as of one moment: SQLite's readers see that anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL counts ids by itself: it must go on after those that were restored."""
    if connection.dialect.name == "postgresql" and "id" in table.c:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
            f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false)"
        )


def _read(file: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        with zipfile.ZipFile(file) as archive:
            version = json.loads(archive.read(VERSION))["version"]
            if version != newest():
                raise BackupError(
                    f"{file}: is of version {version}, this assistant writes {newest()}; restore "
                    "it with the version that wrote it, then upgrade"
                )
            return {
                table.name: [
                    _typed(table, json.loads(line))
                    for line in archive.read(f"{table.name}.jsonl").decode().splitlines()
                ]
                for table in _tables()
            }
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BackupError(f"{file}: is no backup that can be read: {error}") from error


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    times = [column.name for column in table.c if isinstance(column.type, DateTime)]
    moments = {name: datetime.fromisoformat(row[name]) for name in times if row.get(name)}
    if not isinstance(row.get("id"), int):
        raise ValueError(f"{table.name} has a row without an id")
    return {**row, **moments}


def main(arguments: Sequence[str] | None = None) -> int:
    """Saves or restores; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m assistant.escalation.backup")
    parser.add_argument("what", choices=("save", "restore"))
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    work = save if given.what == "save" else restore
    try:
        counts = work(patient_store(), given.file)
    except (BackupError, EscalationStoreError, SettingsError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    rows = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{given.file}: {rows}")  # noqa: T201 - a command's output
    return 0


if __name__ == "__main__":
    sys.exit(main())
