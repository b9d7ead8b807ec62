"""Rasa's conversations: a turn reads the last ones alone, all stand in the table, none twice."""

import asyncio
import json

import pytest
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    Restarted,
    SessionStarted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.dialogue.tracker_store import TURNS_READ, RecentTrackerStore
from assistant.faq.history import MOST_TURNS_BACK

DOMAIN = Domain.empty()
LISTEN = "action_listen"


def run(work):
    return asyncio.run(work)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path):
    if request.param == "sqlite":
        return {"dialect": "sqlite", "db": str(tmp_path / "tracker.sqlite")}
    return {"host": request.getfixturevalue("postgresql_url")}


@pytest.fixture
def store(settings):
    store = RecentTrackerStore(domain=DOMAIN, **settings)
    yield store
    store.engine.dispose()


def begun():
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]


def turn(text):
    said = UserUttered(text, {"name": "faq"}, parse_data={"text": text})
    return [said, ActionExecuted("utter_faq"), BotUttered(f"re: {text}"), ActionExecuted(LISTEN)]


def take(store, sender, *groups):
    """Loads, adds events and saves, as Rasa's processor does."""

    async def turns():
        tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
        for events in groups:
            tracker.update_with_events(events, DOMAIN)
        await store.save(tracker)
        return tracker

    return run(turns())


def talk(store, turns, sender="anna"):
    take(store, sender, begun())
    for number in range(turns):
        take(store, sender, turn(f"message {number}"))


def texts(tracker):
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


def stored(store, sender="anna"):
    return [type(event).__name__ for event in run(store.retrieve_full_tracker(sender)).events]


def test_what_follow_ups_look_back_for_is_read():
    assert TURNS_READ > MOST_TURNS_BACK


def test_a_long_conversation_is_read_as_far_as_a_short_one(store):
    talk(store, 10)
    at_ten = run(store.retrieve("anna"))
    talk(store, 200, "bea")
    at_two_hundred = run(store.retrieve("bea"))
    assert len(at_two_hundred.events) == len(at_ten.events) == 4 * TURNS_READ + 1
    assert texts(at_two_hundred) == [f"message {n}" for n in range(200 - TURNS_READ, 200)]
    assert at_two_hundred.latest_action_name == LISTEN


def test_nor_does_the_database_walk_through_it(tmp_path):
    def steps(turns):
        store = RecentTrackerStore(DOMAIN, dialect="sqlite", db=str(tmp_path / f"{turns}.sqlite"))
        talk(store, turns)
        counted = []
        connection = store.engine.raw_connection()
        connection.set_progress_handler(lambda: counted.append(1) and 0, 1)
        connection.close()  # back into the pool, where the next to read takes it
        take(store, "anna", turn("one more"))
        return len(counted)

    assert 0 < steps(300) <= 1.1 * steps(10)


def test_on_postgresql_the_index_finds_the_last_ones(postgresql_url):
    store = RecentTrackerStore(DOMAIN, host=postgresql_url)
    again = RecentTrackerStore(DOMAIN, host=postgresql_url)  # a second replica finds it made
    for one in (store, again):
        assert run(one.retrieve("anna")) is None
    with store.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars().all()
    assert names.count("events_sender_id_id") == 1
    for one in (store, again):
        one.engine.dispose()


def test_every_event_is_stored_once_and_as_rasa_stores_it(store, tmp_path):
    rasas = SQLTrackerStore(domain=DOMAIN, dialect="sqlite", db=str(tmp_path / "rasa.sqlite"))
    events = [*begun(), *turn("what is denosumab?")]

    def rows(of):
        tracker = DialogueStateTracker.from_events("anna", events, DOMAIN.slots)
        run(of.save(tracker))
        if of is store:
            run(of.save(tracker))  # changes nothing
        with of.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT * FROM events ORDER BY id").all()

    theirs = rows(rasas)
    assert [row[1:] for row in rows(store)] == [row[1:] for row in theirs]
    talk(store, 12, "bea")
    everything = stored(store, "bea")
    assert len(everything) == len(begun()) + 12 * 4
    assert everything[:3] == ["ActionExecuted", "SessionStarted", "ActionExecuted"]


def test_a_new_session_begins_without_the_one_before(store):
    talk(store, 2)
    take(store, "anna", begun(), turn("back again"))
    tracker = run(store.retrieve("anna"))
    assert texts(tracker) == ["back again"]
    assert isinstance(tracker.events[0], SessionStarted)
    assert len(stored(store)) == 2 * len(begun()) + 3 * 4


def test_a_restart_is_remembered(store):
    talk(store, 1)
    restart = [UserUttered("/restart"), ActionExecuted("action_restart"), Restarted()]
    take(store, "anna", restart, begun(), turn("from the start"))
    tracker = run(store.retrieve("anna"))
    assert texts(DialogueStateTracker.from_events("anna", tracker.applied_events(), [])) == [
        "from the start"
    ]


def test_a_conversation_that_could_not_be_read_loses_nothing(store, settings):
    talk(store, 6)

    class Blind(RecentTrackerStore):
        async def retrieve(self, sender_id):
            raise ConnectionError("the database is restarted")

    blind = Blind(DOMAIN, **settings)
    take(FailSafeTrackerStore(blind), "anna", begun(), turn("are you there?"))
    blind.engine.dispose()
    assert stored(store).count("UserUttered") == 7
    assert texts(run(store.retrieve("anna"))) == ["are you there?"]


def test_events_that_were_put_together_anew_are_not_stored_twice(store):
    talk(store, 2)
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT data FROM events ORDER BY id").scalars().all()
    copied = DialogueStateTracker.from_dict("anna", [json.loads(one) for one in rows], [])
    copied.update_with_events(turn("one more"), DOMAIN)
    run(store.save(copied))
    assert stored(store).count("UserUttered") == 3


def test_an_unknown_conversation_is_none_and_leaves_nothing(store):
    assert run(store.retrieve("nobody")) is None
    run(store.get_or_create_tracker("nobody", append_action_listen=False))
    assert run(store.retrieve_full_tracker("nobody")) is None


def test_a_failed_write_is_written_with_the_next(store):
    tracker = take(store, "anna", begun())
    tracker.update_with_events(turn("lost?"), DOMAIN)
    whole, store.engine = store.engine, _Broken()
    with pytest.raises(ConnectionError):
        run(store.save(tracker))
    store.engine = whole
    run(store.save(tracker))
    assert stored(store).count("UserUttered") == 1


class _Broken:
    def begin(self):
        raise ConnectionError("no disk")


def test_new_events_go_to_the_broker(settings):
    class Broker:
        def __init__(self):
            self.sent = []

        def publish(self, event):
            self.sent.append(event["event"])

    broker = Broker()
    store = RecentTrackerStore(DOMAIN, event_broker=broker, **settings)
    talk(store, 1)
    assert broker.sent == ["action", "session_started", "action", "user", "action", "bot", "action"]
    store.engine.dispose()
