"""The criteria on given windows, and a short soak of the real server."""

import asyncio
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from figures_of_a_run import window
from running import Running

from assistant.benchmarks.serving import soak as soaking
from assistant.benchmarks.serving.soak import Soaked, Window

TURNS, CONVERSATIONS = 200, 20
LOST, LACKING = "turns without an answer", "escalations that the store lacks"


def soaked(last=None, **more):
    """Fifty windows, of which the last ten may differ."""
    windows = [Window(**window(turns)) for turns in range(1, 41)]
    windows += [Window(**window(turns, **(last or {}))) for turns in range(41, 51)]
    return Soaked(50, answered=50, windows=windows, **more)


def unmet(seen, recorded=frozenset()):
    return [one.what.split(",")[0] for one in soaking.criteria(seen, recorded) if not one.met]


def test_a_flat_run_meets_all_criteria():
    assert len(soaking.criteria(soaked(), set())) == 6 and unmet(soaked()) == []


@pytest.mark.parametrize(
    ("last", "what"),
    [
        ({"rss_mb": 520.0}, "memory"),
        ({"p99": 50.0}, "p99"),
        ({"handles": 60}, "file handles"),
        ({"connections": 30}, "connections"),
    ],
)
def test_what_grows_is_named(last, what):
    assert unmet(soaked(last)) == [what]


def test_a_lost_turn_is_named():
    assert unmet(soaked(lost=1)) == [LOST]


def test_an_escalation_that_is_not_in_the_store_is_named():
    seen = soaked(escalations=[("anna", "m1"), ("anna", "m2")])
    assert unmet(seen, {("anna", "m1")}) == [LACKING]
    assert unmet(seen, {("anna", "m1"), ("anna", "m2")}) == []


def test_too_few_windows_are_not_compared():
    seen = Soaked(50, windows=[Window(**window(1)), Window(**window(2, rss_mb=9e9))])
    assert [one.what for one in soaking.criteria(seen, set())] == [LOST, LACKING]


@pytest.mark.timeout(600)
def test_a_short_soak_loses_no_turn_and_leaks_no_handle(live_server):
    said = []
    seen = asyncio.run(soaking.soak(Running(live_server), TURNS, CONVERSATIONS, say=said.append))
    recorded = soaking.recorded_escalations(
        live_server.state / "escalations.sqlite", seen.escalations
    )
    found = {one.what.split(",")[0]: one for one in soaking.criteria(seen, recorded)}
    assert seen.answered == TURNS and seen.lost == 0 and seen.conversations == CONVERSATIONS
    assert seen.escalations and found[LACKING].met
    assert found["file handles"].met and found["connections"].met
    assert len(said) == len(seen.windows) == 50  # of four turns each


def test_a_soak_that_is_ended_early_tells_what_it_saw(live_server):
    asked = []

    def ended():
        asked.append(1)
        return len(asked) > 12

    seen = asyncio.run(soaking.soak(Running(live_server), TURNS, CONVERSATIONS, ended=ended))
    assert seen.answered == 12 and seen.lost == 0 and seen.wanted == TURNS
