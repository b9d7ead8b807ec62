"""A process that is killed at each durable step: each message is answered once, none is lost."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mortal_site
import pytest
import requests
from hospital import Hospital
from our_side import Keys, Site, communication
from serving import free_port
from waiting import until

from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import inbound_table, outgoing_table

DEATHS = [
    "before keep",
    "after keep",
    "after claim",
    "before turn",
    "after turn",
    "after stored",
    "before finish",
    "after finish",
    "after claim-mail",
    "before send",
    "after send",
    "after mark",
]


@pytest.fixture(scope="module")
def forge() -> Any:
    """Starts processes that have imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mortal_site", "assistant.channels.fhir", "serving"])
    return context


@pytest.mark.parametrize("death", DEATHS)
def test_each_message_is_answered_once(
    forge: Any,
    death: str,
    hospital: Hospital,
    hub_keys: Keys,
    store: EscalationStore,
    credentials: dict,
    state: Path,
    settings: Path,
) -> None:
    port = free_port()
    names = ("ASSISTANT_STATE", "ASSISTANT_ESCALATION", "TRACKER_DB")
    environment = {name: os.environ[name] for name in names}

    def start(at: str) -> Any:
        process = forge.Process(target=mortal_site.run, args=(port, environment, credentials, at))
        process.start()
        return process

    site = Site(f"http://127.0.0.1:{port}", hospital, hub_keys, store)
    first = start(death)
    try:
        _send_until_taken(site, lambda: not first.is_alive())
        first.join(20)
        assert first.exitcode == -9, f"it did not die {death}"
        second = start("")
        try:
            # Their hub is not sure whether it was taken, and sends it again.
            assert _send_until_taken(site, lambda: not second.is_alive())
            until(lambda: _is_done(store), "the mark")
            assert len(site.messages()) == 1
        finally:
            second.kill()
            second.join(10)
    finally:
        first.kill()
        first.join(10)


def _send_until_taken(site: Site, is_dead: Callable[[], bool]) -> bool:
    """As a hub does: sends until it reads 202; False where the process died first."""
    answers: list[int] = []

    def taken() -> bool:
        try:
            answers.append(site.post(communication()).status_code)
        except requests.ConnectionError:
            return is_dead()
        return answers[-1] == 202

    until(taken, "the message to be taken")
    return 202 in answers


def _is_done(store: EscalationStore) -> bool:
    with store.reading("look") as connection:
        states = [
            row.state
            for table in (inbound_table, outgoing_table)
            for row in connection.execute(table.select())
        ]
    return states == ["answered", "sent"]
