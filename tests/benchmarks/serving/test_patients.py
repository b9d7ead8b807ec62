"""The patients that locust plays, on services without a model."""

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import bubbles
import fakes

from assistant.benchmarks.serving import load
from assistant.benchmarks.serving.processes import Use, use_of
from assistant.cluster.programs import free_port

USERS, SECONDS = 2, 2
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(load, "IDLE_SECONDS", 0.2)


def target(url, name="ours", look=lambda: use_of([]), metrics_urls=()):
    return load.Target(name, url, look, metrics_urls)


def test_a_turn_that_failed_as_a_whole_is_lost():
    with fakes.ours(fakes.last_resort) as service:
        (step,) = load.rise(
            target(service.url, metrics_urls=service.metrics_urls), "REST", [USERS], SECONDS
        )
    assert step["lost"] == step["sent"] > 0 and step["answered"] == 0
    assert step["failures"] == {load.LAST_RESORT: step["sent"]}


def test_an_object_without_text_is_a_failed_try(monkeypatch):
    monkeypatch.setattr(load, "PATIENCE", 1)
    with fakes.ours(fakes.object_alone) as service:
        (step,) = load.rise(target(service.url), "REST", [USERS], SECONDS)
    assert step["lost"] == step["sent"] > 0
    assert set(step["failures"]) == {"a reply without text"}


@pytest.mark.parametrize("name", ["ours", "stock Rasa"])
def test_who_cannot_connect_is_sent_and_lost(name):
    nobody = f"http://127.0.0.1:{free_port()}"
    (step,) = load.rise(target(nobody, name), "Socket.IO", [USERS], SECONDS)
    assert (step["sent"], step["answered"], step["lost"]) == (USERS, 0, USERS)
    assert sum(step["failures"].values()) == USERS


def test_idle_time_and_locusts_own_are_not_the_turns(monkeypatch):
    def look():
        """Half a core, whatever is asked."""
        return Use(1, time.perf_counter() / 2, 100.0, 9, 9, 9)

    with fakes.ours() as service:
        (step,) = load.rise(target(service.url, look=look), "REST", [USERS], SECONDS)
    assert step["idle_cpu"] == pytest.approx(0.5, abs=0.05)
    assert step["cpu_ms_of_a_turn"] < 100  # of some 500 ms a turn, and locust's seconds to start
    assert SECONDS <= step["took_s"] < SECONDS + 2


def test_what_is_answered_after_the_end_does_not_belong_to_the_rate():
    def late(text, message_id):
        time.sleep(SECONDS + 3)
        return fakes.answer(text, message_id)

    with fakes.ours(late) as service:
        (step,) = load.rise(target(service.url), "REST", [USERS], SECONDS)
    assert step["answered"] == step["sent"] == USERS and step["lost"] == 0
    assert step["turns_per_s"] == 0 and step["took_s"] < SECONDS + 2


@pytest.mark.parametrize("name", ["ours", "stock Rasa"])
def test_all_are_waited_for_with_one_patience(name, monkeypatch):
    monkeypatch.setattr(load, "PATIENCE", 2)

    def never(text, message_id):
        time.sleep(9)
        return fakes.answer(text, message_id)

    with fakes.ours(never) as service:
        begun = time.perf_counter()
        (step,) = load.rise(target(service.url, name), "REST", [USERS], 1)
    assert step["lost"] == step["sent"] == USERS
    assert step["failures"] == {"no answer": USERS}
    assert time.perf_counter() - begun < 20


def test_a_turn_of_the_stock_bot_ends_with_its_last_bubble():
    with fakes.sockets() as url:
        (step,) = load.rise(target(url, "stock Rasa"), "Socket.IO", [1], SECONDS, pace=0.2)
    assert step["answered"] == step["sent"] > 0
    moment, quiet = 1000 * bubbles.MOMENT, 50
    assert moment <= step["p50"] < moment + quiet


def test_a_turn_of_ours_is_its_acknowledgement():
    with fakes.sockets() as url:
        (step,) = load.rise(target(url), "Socket.IO", [USERS], SECONDS)
    assert step["answered"] == step["sent"] > 0 and step["failures"] == {}


def test_a_step_in_which_nobody_said_anything_is_refused():
    found = {"sent": 0, "answered": 0, "answered_in_time": 0, "seconds": [], "failures": {}}
    found |= {"took_s": 20.0, "generator_cpu": 0.1}
    with pytest.raises(load.LoadError, match="no patient said a message"):
        load.figures_of(found, 1.0, 0.0, 0)
