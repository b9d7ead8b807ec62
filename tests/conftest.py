"""What the tests share: a trained model, an agent in this process, a server beside it."""

import asyncio
import os
import tempfile
from pathlib import Path

import postgresql
import pytest
import whole

# Before anything of ours opens a store: tests never touch a site's own.
_STATE = tempfile.TemporaryDirectory(prefix="assistant-tests-")
os.environ["ASSISTANT_STATE"] = _STATE.name
os.environ["TRACKER_DB"] = str(Path(_STATE.name) / "tracker.sqlite")


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model; trained now if anything changed."""
    from assistant.training import train

    return train()


@pytest.fixture(scope="session")
def agent(model):
    """Rasa's agent on the model, with the site's renderer and in-process actions."""
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints

    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    return asyncio.run(load_agent(str(model), endpoints=endpoints))


@pytest.fixture(scope="session")
def live_server(model):
    """The whole assistant on a free port, with `.url`, addresses of its stores and `.said()`."""
    # Not below pytest's own folder, which PostgreSQL's user may not enter.
    with (
        tempfile.TemporaryDirectory(prefix="assistant-live-") as folder,
        whole.whole_assistant(model, Path(folder)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def postgresql_server():
    """The address of a PostgreSQL server: the given one, or one that these tests start."""
    with postgresql.server_url() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server):
    """The address of a new, empty database of PostgreSQL."""
    with postgresql.fresh_database(postgresql_server) as url:
        yield url


@pytest.fixture
def escalation():
    """Makes an escalation: `escalation(message_id="m2")`."""

    from assistant.escalation.escalation import Escalation

    def make(**values):
        mention = {"category": "cord-compression", "status": "present", "words": "numb legs"}
        defaults = {
            "conversation": "anna",
            "message_id": "m1",
            "channel": "rest",
            "priority": "page",
            "urgency": "emergency",
            "mentions": [mention],
        }
        return Escalation(**{**defaults, **values})

    return make
