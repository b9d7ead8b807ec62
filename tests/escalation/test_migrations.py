"""A store of the first version is upgraded, and what it held is seen."""

from __future__ import annotations

import sqlite3
from multiprocessing import get_context

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from assistant.escalation.cases import CaseBook
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.escalation.tables import metadata

FIRST_VERSION = """
CREATE TABLE escalation (
    id INTEGER NOT NULL PRIMARY KEY, conversation VARCHAR(255) NOT NULL,
    message_id VARCHAR(255) NOT NULL, channel VARCHAR(64) NOT NULL, recorded_at DATETIME NOT NULL,
    priority VARCHAR(16), urgency VARCHAR(16), mentions JSON NOT NULL,
    model_version VARCHAR(128), corpus_version VARCHAR(128), UNIQUE (conversation, message_id));
INSERT INTO escalation VALUES (7, 'anna', 'm1', 'rest', '2026-11-20 10:00:00.000000', 'page',
    'emergency', '[{"category": "jaw", "words": "jaw"}]', NULL, NULL);
"""


def test_messages_of_the_first_version_get_cases(state, escalation):
    with sqlite3.connect(state / "escalations.sqlite") as old:
        old.executescript(FIRST_VERSION)
    store = EscalationStore(f"sqlite:///{state / 'escalations.sqlite'}")
    assert not store.record(escalation(mentions=[{"category": "jaw", "words": "jaw"}])).is_new
    (case,) = CaseBook(store).open_cases()
    assert (case.priority, case.categories, case.state) == ("review", ["jaw"], "recorded")
    assert [message.id for message in CaseBook(store).messages(case.id)] == [7]


def test_the_migrations_make_the_tables_that_the_code_declares(store):
    with store.engine.connect() as connection:
        own = {"include_name": lambda name, *_: name != "sqlite_sequence"}
        context = MigrationContext.configure(connection, opts=own)
        assert compare_metadata(context, metadata) == []


def test_a_store_of_a_newer_version_is_refused(store):
    store.check()
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as other:
        other.execute("UPDATE alembic_version SET version_num = '999'")
    with pytest.raises(EscalationStoreError, match="of version 999, which this version"):
        EscalationStore(store.url).check()


def _open(url: str) -> None:
    EscalationStore(url).check()


def test_processes_may_open_a_new_store_at_once(state):
    url = f"sqlite:///{state / 'escalations.sqlite'}"
    processes = [get_context("spawn").Process(target=_open, args=(url,)) for _ in range(4)]
    [process.start() for process in processes]
    [process.join() for process in processes]
    assert [process.exitcode for process in processes] == [0] * 4
