"""A state folder and a database, SQLite and PostgreSQL in turn, for each test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from figures import Figures
from receiver import Receiver
from sites import CONTACTS, Forge, Site, write_settings

from assistant.escalation.store import EscalationStore

DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="more messages and kills, and the table of figures"
    )


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long form runs: `make reliability`."""
    return bool(request.config.getoption("--long", default=False))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's state folder."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("ASSISTANT_STATE", str(folder))
    return folder


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, state: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{state / 'escalations.sqlite'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(url: str) -> EscalationStore:
    return EscalationStore(url)


@pytest.fixture
def other_store(url: str) -> EscalationStore:
    """Another process's store on the same database."""
    return EscalationStore(url)


@pytest.fixture
def receivers(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Receiver]]:
    """One receiver for each contact of the rota, first to last, and settings that name them."""
    running = [Receiver() for _ in CONTACTS]
    monkeypatch.setenv("ASSISTANT_ESCALATION", str(write_settings(state, running)))
    try:
        yield running
    finally:
        for receiver in running:
            receiver.stop()


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    """Starts all processes of the sites."""
    forge = Forge()
    try:
        yield forge
    finally:
        forge.stop()


@pytest.fixture
def site(
    forge: Forge, model: Path, state: Path, url: str, receivers: list[Receiver], long: bool
) -> Iterator[Site]:
    """A site of real processes, ready."""
    site = Site(forge, model, state, url, receivers, lease_seconds=60 if long else 3)
    try:
        site.wait_until_ready()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """The table of figures, printed at the end."""
    figures = Figures()
    yield figures
    if figures.rows:
        with request.config.pluginmanager.get_plugin(
            "capturemanager"
        ).global_and_fixture_disabled():
            print(f"\n\n{figures}")
