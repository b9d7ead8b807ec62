"""Short loads on the real server, over both ways; scripts/load-tool installs what makes them."""

import asyncio
import itertools
import sqlite3
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from running import Running

from assistant.benchmarks.serving import load
from assistant.benchmarks.serving.client import TURNS_OF_A_CONVERSATION, Client, new_conversations
from assistant.benchmarks.serving.conversation import early_and_late
from assistant.benchmarks.serving.impatient import answered_turns, type_on
from assistant.benchmarks.serving.processes import use_of
from assistant.benchmarks.serving.texts import HANDOFF, SERVICE, distinct_texts

USERS, SECONDS = 2, 4


@pytest.mark.timeout(600)
@pytest.mark.parametrize("over", load.PATIENTS)
def test_under_load_no_turn_fails(live_server, over):
    running = Running(live_server)
    target = load.Target("ours", running.url, lambda: use_of(running.roots), running.metrics_urls)
    (step,) = load.rise(target, over, [USERS], SECONDS)
    assert step["sent"] == step["answered"] > 0
    assert step["lost"] == 0 and step["failures"] == {}
    assert step["p50"] > 0 and step["cpu_ms_of_a_turn"] > 0 and step["generator_cpu"] > 0


def test_without_locust_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(load, "LOCUST", tmp_path / "python")
    with pytest.raises(load.LoadError, match="scripts/load-tool"):
        load.rise(load.Target("ours", "http://127.0.0.1:9", lambda: use_of([])), "REST", [1], 1)


@pytest.mark.timeout(600)
def test_whoever_types_on_over_socket_io_is_answered_each_time(live_server):
    texts = distinct_texts(SERVICE, kind=HANDOFF)
    found = type_on(Running(live_server), texts, 6, 3, patience=120)
    assert (found["sent"], found["answered"], found["lost"]) == (6, 6, 0)


@pytest.mark.timeout(600)
def test_a_conversation_is_timed_early_and_late(live_server):
    found = asyncio.run(early_and_late(Running(live_server), distinct_texts(), late=12, pairs=3))
    assert found["unanswered"] == 0 and found["late"] == 12
    assert found["ratio"] == pytest.approx(found["late_ms"] / found["early_ms"])
    assert len(found["way"]) == 10


def test_a_failure_counts_as_unanswered(live_server):
    class Elsewhere(Running):
        path = "/webhooks/nowhere"

    async def ask():
        async with Client() as client:
            return await client.ask_all(Elsewhere(live_server), ["hello", "hello again"], 2)

    assert [one.answered for one in asyncio.run(ask())] == [False, False]


@pytest.mark.parametrize(
    ("events", "answered"),
    [
        ("user bot action user bot bot", 2),
        ("user action user action", 0),  # the action server failed
        ("user user bot", 1),
        ("session_started action bot", 0),
    ],
)
def test_a_message_is_answered_where_the_bots_words_follow_it(events, answered, tmp_path):
    with closing(sqlite3.connect(tmp_path / "tracker.sqlite")) as connection:
        connection.execute("create table events (id integer primary key, sender_id, type_name)")
        said = [("anna", name) for name in events.split()]
        others = [("berta", "user"), ("berta", "bot")]
        connection.executemany(
            "insert into events (sender_id, type_name) values (?, ?)", [*said, *others]
        )
        connection.commit()
    assert answered_turns(tmp_path / "tracker.sqlite", "anna") == answered


def test_answers_are_counted_in_rasas_own_store(live_server):
    async def ask(conversation):
        async with Client() as client:
            for text in ("hello", "can I exercise?"):
                await client.ask(Running(live_server), conversation, text)

    conversation = uuid.uuid4().hex
    asyncio.run(ask(conversation))
    assert answered_turns(live_server.state / "tracker.sqlite", conversation) == 2


def test_a_conversation_has_a_few_turns():
    names = list(itertools.islice(new_conversations(), 2 * TURNS_OF_A_CONVERSATION))
    assert len(set(names)) == 2 and names[0] == names[TURNS_OF_A_CONVERSATION - 1]
