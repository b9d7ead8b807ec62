"""One cluster for the tests of a module: three replicas behind nginx, on servers of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from assistant.cluster import Cluster
from assistant.cluster.stores import OwnRedis


@pytest.fixture(scope="package")
def cluster(model: Path) -> Iterator[Cluster]:
    """The cluster, ready. Tests give back what they took away."""
    # Not below pytest's own folder, which PostgreSQL's user may not enter.
    with tempfile.TemporaryDirectory(prefix="assistant-cluster-") as state:
        environment = {"ASSISTANT_STATE": state, "ASSISTANT_DATABASE": "", "ASSISTANT_REDIS": ""}
        with Cluster(model, environment=environment) as running:
            yield running


@pytest.fixture
def rows(cluster: Cluster):
    """Asks the cluster's database: `rows("SELECT ...", (value,))`."""

    def ask(query: str, values: tuple = ()) -> list[tuple]:
        engine = create_engine(cluster.environment["ASSISTANT_DATABASE"], poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query, values)]

    return ask


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis server of the test's own."""
    server = OwnRedis(tmp_path / "redis")
    server.start()
    yield server
    server.program.stop()
