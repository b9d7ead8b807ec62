"""The criteria on given windows, and a short soak of the real server."""

import asyncio
import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fakes
from figures_of_a_run import window
from running import Running

from assistant.benchmarks.serving import soak as soaking
from assistant.benchmarks.serving.soak import Soaked, Window

TURNS, CONVERSATIONS = 200, 20
NOT_ASKED, LOST = "turns not asked", "turns without an answer"
FAILED, LACKING = "turns that failed as a whole", "escalations that the store lacks"
MISSED, ALARMS = "red flags not escalated", "others escalated"


def soaked(last=None, **more):
    """Fifty windows, of which the last ten may differ."""
    windows = [Window(**window(turns)) for turns in range(1, 41)]
    windows += [Window(**window(turns, **(last or {}))) for turns in range(41, 51)]
    return Soaked(**{"wanted": 50, "answered": 50, "windows": windows, **more})


def unmet(seen, recorded=frozenset()):
    return [one.what.split(",")[0] for one in soaking.criteria(seen, recorded) if not one.met]


def test_a_flat_run_meets_all_criteria():
    assert len(soaking.criteria(soaked(), set())) == 10 and unmet(soaked()) == []


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


def test_a_server_that_has_ended_does_not_meet_them():
    windows = [Window(**window(turns, rss_mb=0.0)) for turns in range(1, 51)]
    assert unmet(soaked(windows=windows)) == ["memory"]


def test_a_lost_turn_is_named():
    assert unmet(soaked(answered=49, lost=1)) == [LOST]


def test_a_turn_that_failed_as_a_whole_is_named():
    assert unmet(soaked(failed=1)) == [FAILED]
    assert unmet(soaked(failed=math.nan)) == [FAILED]  # the server did not tell


def test_a_run_that_ended_early_is_not_met():
    assert unmet(soaked(wanted=51)) == [NOT_ASKED]


def screened(missed=0, alarms=0, fifth=4):
    """Of 100 red flags and 100 others in each fifth; in one some are read wrongly."""
    whole = [(True, True)] * 100 + [(False, False)] * 100
    wrong = [(True, i >= missed) for i in range(100)] + [(False, i < alarms) for i in range(100)]
    return [one for number in range(5) for one in (wrong if number == fifth else whole)]


@pytest.mark.parametrize("fifth", [0, 4])
def test_a_screen_that_stops_in_one_fifth_is_named(fifth):
    assert unmet(soaked(screened=screened(missed=5, fifth=fifth))) == []
    assert unmet(soaked(screened=screened(missed=6, fifth=fifth))) == [MISSED]


@pytest.mark.parametrize("fifth", [0, 4])
def test_a_screen_that_flags_everything_in_one_fifth_is_named(fifth):
    assert unmet(soaked(screened=screened(alarms=10, fifth=fifth))) == []
    assert unmet(soaked(screened=screened(alarms=11, fifth=fifth))) == [ALARMS]


def test_a_soak_keeps_which_messages_mention_a_red_flag():
    """The service answers all and escalates nothing."""
    with fakes.ours() as service:
        seen = asyncio.run(soaking.soak(service, 100, 5))
    assert len(seen.screened) == 100 and sum(flagged for flagged, _ in seen.screened) == 5
    assert not any(escalated for _, escalated in seen.screened) and unmet(seen)[0] == MISSED


def test_an_escalation_that_is_not_in_the_store_is_named():
    seen = soaked(escalations=[("anna", "m1"), ("anna", "m2")])
    assert unmet(seen, {("anna", "m1")}) == [LACKING]
    assert unmet(seen, {("anna", "m1"), ("anna", "m2")}) == []


def test_too_few_windows_are_not_compared_and_not_met():
    seen = soaked(windows=[Window(**window(1)), Window(**window(2, rss_mb=9e9))])
    assert unmet(seen) == ["windows too few to be compared"]


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
