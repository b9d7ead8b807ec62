"""The whole assistant, as one server or (`ASSISTANT_TEST_PROFILE=cluster`) as replicas."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from assistant.cluster import Cluster
from assistant.cluster.programs import free_port
from assistant.profile import CLUSTER, DATABASE, EMBEDDED
from assistant.serve import Server

GIVEN = "ASSISTANT_TEST_PROFILE"


class OneServer(Server):
    """As `make run` starts it, on SQLite.

    Attributes:
        state: Its folder.
        escalations, conversations: Addresses of the stores.
        environment: With which other commands find them.
    """

    def __init__(self, model: Path, state: Path, port: int) -> None:
        self.state = state
        self.escalations = f"sqlite:///{state / 'escalations.sqlite'}"
        self.conversations = f"sqlite:///{state / 'tracker.sqlite'}"
        self.log = state / "server.log"
        own = {"ASSISTANT_STATE": str(state), "TRACKER_DB": str(state / "tracker.sqlite")}
        self.environment = {**os.environ, **own}
        super().__init__(model, port=port, environment=own, log=self.log)

    def said(self) -> str:
        """What its processes have logged."""
        return self.log.read_text(errors="replace")

    def die(self) -> None:
        """Ends what answers patients, without a warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


class ThreeReplicas(Cluster):
    """As `make cluster` starts it: its own PostgreSQL and Redis, nginx before the replicas."""

    def __init__(self, model: Path, state: Path, port: int) -> None:
        own = {"ASSISTANT_STATE": str(state), "ASSISTANT_DATABASE": "", "ASSISTANT_REDIS": ""}
        super().__init__(model, port=port, environment=own)

    @property
    def escalations(self) -> str:
        return self.environment[DATABASE]

    conversations = escalations

    def said(self) -> str:
        logs = [self.folder / "helpers.log", *(replica.log for replica in self.replicas)]
        return "\n".join(log.read_text(errors="replace") for log in logs)

    def die(self) -> None:
        for replica in self.replicas:
            replica.supervised.process.kill()


KINDS: dict[str, type[OneServer] | type[ThreeReplicas]]
KINDS = {EMBEDDED: OneServer, CLUSTER: ThreeReplicas}


def whole_assistant(model: Path, state: Path, port: int | None = None) -> OneServer | ThreeReplicas:
    """The assistant, to be entered as a context."""
    return KINDS[os.environ.get(GIVEN, EMBEDDED)](model, state, port or free_port())


def rows(address: str, query: str, **values: str) -> list[tuple]:
    """Asks a store: `rows(server.escalations, "select ... = :name", name="anna")`."""
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]
