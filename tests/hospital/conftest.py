"""A hospital's FHIR server, and our side of it, for each test."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "channels"))

from hospital import Hospital
from our_side import AUDIENCE, CLIENT, ISSUER, SECRET, Keys, Site, settings_of, write_settings
from serving import ScriptedAssistant, serving

from assistant.channels.fhir import FhirInput
from assistant.escalation.health import Health
from assistant.escalation.hospital import client
from assistant.escalation.recorder import Recorder
from assistant.escalation.store import EscalationStore, patient_store


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's state folder."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("ASSISTANT_STATE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def health(monkeypatch: pytest.MonkeyPatch) -> Health:
    """A registry of its own for each test."""
    fresh = Health()
    monkeypatch.setattr(Recorder.__init__, "__defaults__", (fresh,))
    return fresh


@pytest.fixture(scope="session")
def running_hospital() -> Iterator[Hospital]:
    hospital = Hospital()
    try:
        yield hospital
    finally:
        hospital.stop()


@pytest.fixture
def hospital(running_hospital: Hospital, our_keys: Keys) -> Hospital:
    """The hospital's FHIR server, empty; it knows us by our key."""
    running_hospital.reset()
    running_hospital.control(clients={CLIENT: {"keys": [our_keys.jwk]}})
    return running_hospital


@pytest.fixture(scope="session")
def our_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Ours, by which the hospital knows us."""
    return Keys(tmp_path_factory.mktemp("keys"), "ours", elliptic=True)


@pytest.fixture(scope="session")
def hub_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Of the hospital's authority, by which we know its hub."""
    return Keys(tmp_path_factory.mktemp("keys"), "hub")


@pytest.fixture
def settings(
    state: Path, hospital: Hospital, our_keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The site's escalation.yml."""
    file = write_settings(state, settings_of(hospital, our_keys))
    monkeypatch.setenv("ASSISTANT_ESCALATION", str(file))
    monkeypatch.setattr(client, "_clients", {})  # they hold tokens of the test before
    return file


@pytest.fixture
def credentials(state: Path, hub_keys: Keys) -> dict:
    """The channel's section of credentials.yml."""
    jwks = state / "jwks.json"
    jwks.write_text(json.dumps({"keys": [hub_keys.jwk]}))
    tokens = {"issuer": ISSUER, "audience": AUDIENCE, "jwks_file": str(jwks)}
    return {"server": "main", "tokens": tokens, "signatures": {"secret": SECRET}}


@pytest.fixture
def store(settings: Path) -> EscalationStore:
    return patient_store()


@pytest.fixture
def assistant() -> ScriptedAssistant:
    """The scripted assistant behind the channel."""
    return ScriptedAssistant()


@pytest.fixture
def channel(settings: Path, credentials: dict) -> FhirInput:
    return FhirInput.from_credentials(credentials)


@pytest.fixture
def site(
    channel: FhirInput,
    assistant: ScriptedAssistant,
    hospital: Hospital,
    hub_keys: Keys,
    our_keys: Keys,
    store: EscalationStore,
) -> Iterator[Site]:
    """The channel over HTTP on a free port; the hospital knows us by our key."""
    with serving([channel], assistant) as running:
        site = Site(running.url, hospital, hub_keys, store)
        yield site
