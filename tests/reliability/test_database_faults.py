"""The database locked, read-only, full, gone and back, under a running Rasa and its worker."""

from __future__ import annotations

import resource
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import postgresql
import pytest
from receiver import Receiver
from sites import Site
from sqlalchemy.engine.url import make_url
from waiting import until

from assistant.escalation.store import EscalationStore

NUMB = "my legs have gone numb since last night"
DATABASES = ("sqlite", "postgresql")
PART = "escalation-store"
WAL, READ_ONLY = 2, 3  # SQLite opens a file of a later write version only for reading
SMALL = 8 * 1024  # bytes: enough for a journal, too little for two pages of SQLite's log


@contextmanager
def locked(_site: Site, url: str, _server: str) -> Iterator[None]:
    if url.startswith("sqlite"):
        other = sqlite3.connect(make_url(url).database, isolation_level=None, timeout=60)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
        other.close()
    else:
        with EscalationStore(url).transaction("hold everything") as connection:
            connection.exec_driver_sql("LOCK TABLE escalation, outbox IN ACCESS EXCLUSIVE MODE")
            yield


@contextmanager
def read_only(_site: Site, url: str, server: str) -> Iterator[None]:
    if url.startswith("sqlite"):
        _write_version(make_url(url).database, READ_ONLY)
        yield
        _write_version(make_url(url).database, WAL)
    else:
        name = make_url(url).database
        postgresql.run(server, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        yield
        postgresql.run(server, f"ALTER DATABASE {name} RESET default_transaction_read_only")


@contextmanager
def gone(site: Site, url: str, server: str) -> Iterator[None]:
    if url.startswith("sqlite"):
        folder = Path(make_url(url).database).parent
        away = folder.with_name("away")
        folder.rename(away)
        yield
        away.rename(folder)
    else:
        name = make_url(url).database
        postgresql.run(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgresql.run(
            server,
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        yield
        postgresql.run(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def disk_full(site: Site, url: str, _server: str) -> Iterator[None]:
    """No file of Rasa's may grow beyond a few pages: SQLite's log does not fit."""
    pid = site.pid("rasa")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


FAULTS = {"sqlite": (locked, read_only, gone, disk_full), "postgresql": (locked, read_only, gone)}


def _write_version(file: str, version: int) -> None:
    other = sqlite3.connect(file, isolation_level=None, timeout=60)
    until(lambda: other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "the log")
    with Path(file).open("r+b") as bytes_:
        bytes_.seek(18)  # sqlite.org/fileformat2.html, section 1.3
        bytes_.write(bytes([version]))
    other.close()


@pytest.fixture
def url(request: pytest.FixtureRequest, state: Path) -> str:
    """As elsewhere, but a SQLite file has a folder of its own, which can go away."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    (state / "database").mkdir()
    return f"sqlite:///{state / 'database' / 'escalations.sqlite'}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_red_flags_get_advice_and_are_recorded_when_the_store_works_again(
    site: Site,
    store: EscalationStore,
    receivers: list[Receiver],
    url: str,
    postgresql_server: str,
    state: Path,
):
    said = []
    for number, fault in enumerate(FAULTS[url.split(":")[0]]):
        message_id = f"{fault.__name__}-{uuid.uuid4().hex}"
        failures = site.ready()[1].get(PART, {}).get("failures", 0)
        with fault(site, url, postgresql_server):
            turn, texts = advice(site.say(f"c-{message_id}", message_id, NUMB))
            assert turn["kind"] == "escalation" and turn["priority"] == "page", fault.__name__
            assert "emergency number" in texts
            status, parts = site.ready()
            assert status == 503 and parts[PART]["ok"] is False, (fault.__name__, parts)
            assert parts[PART]["failures"] > failures and parts[PART]["reason"]
            assert (state / "unrecorded.jsonl").exists()
        said.append(f"ESCALATION NOT RECORDED: conversation=c-{message_id} message={message_id}")
        until(lambda: said[-1] in site.log, f"{said[-1]} in {site.log}")
        # Nobody does anything: whoever watches the readiness sees it recover.
        until(lambda: site.ready()[0] == 200, f"recovery from {fault.__name__}: {site.ready()}", 40)
        assert not list(state.glob("unrecorded*"))
        assert [row["message_id"] for row in store.records()].count(message_id) == 1
        until(lambda: len(receivers[0].acted) == number + 1, "the delivery", 40)  # noqa: B023
    assert len(store.records()) == len(said) and set(receivers[0].requests.values()) == {1}
    assert NUMB not in site.log and "legs have gone" not in site.log


def advice(messages: list[dict]) -> tuple[dict, str]:
    turn = next(message["custom"] for message in messages if "custom" in message)
    return turn, "\n".join(message.get("text", "") for message in messages)
