"""What is counted: by closed lists of labels, so that nothing a patient wrote becomes one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from assistant.observability import metrics
from assistant.observability.metrics import CHANNELS, KINDS, measured, note_turn, one_of
from assistant.observability.stages import OTHER, stage


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class Door:
    channel = "web"

    def __init__(self, *kinds: Any) -> None:
        self._kinds = kinds

    @measured
    async def answer(self) -> str:
        with stage("screen"):
            await asyncio.sleep(0)
        if self._kinds:
            note_turn([{"text": "hello"}, *({"custom": {"kind": kind}} for kind in self._kinds)])
        return "a reply"


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_is_counted_under_the_first_kind_of_its_reply(kind: str):
    before = value("assistant_turns_total", kind=kind, channel="web")
    assert asyncio.run(Door(kind, "answer").answer()) == "a reply"
    assert value("assistant_turns_total", kind=kind, channel="web") == before + 1


@pytest.mark.parametrize("kind", ["my name is Joan", None, 7, ["answer"]])
def test_a_kind_that_is_none_is_other(kind: object):
    before = value("assistant_turns_total", kind=OTHER, channel="web")
    asyncio.run(Door(kind).answer())
    assert value("assistant_turns_total", kind=OTHER, channel="web") == before + 1


def test_a_repeated_message_is_no_turn():
    turns = value("assistant_turn_seconds_count", channel="web")
    repeats = value("assistant_repeated_messages_total", channel="web")
    asyncio.run(Door().answer())
    assert value("assistant_turn_seconds_count", channel="web") == turns
    assert value("assistant_repeated_messages_total", channel="web") == repeats + 1


def test_stages_of_a_turn_add_up_to_its_seconds():
    def sums() -> tuple[float, float]:
        stages = (*metrics.STAGES, OTHER)
        return (
            sum(value("assistant_stage_seconds_sum", stage=one) for one in stages),
            value("assistant_turn_seconds_sum", channel="web"),
        )

    before = sums()
    asyncio.run(Door("answer").answer())
    after = sums()
    assert after[0] - before[0] == pytest.approx(after[1] - before[1])


def test_a_channel_that_is_none_is_other():
    door = SimpleNamespace(channel="joan's own channel")
    before = value("assistant_turn_seconds_count", channel=OTHER)

    @measured
    async def answer(self: Any) -> None:
        note_turn([{"custom": {"kind": "answer"}}])

    asyncio.run(answer(door))
    assert value("assistant_turn_seconds_count", channel=OTHER) == before + 1
    assert one_of("rest", CHANNELS) == "rest"


def test_all_series_of_alerts_stand_before_their_first_event():
    for channel in (*CHANNELS, OTHER):
        labels = {"channel": channel}
        assert REGISTRY.get_sample_value("assistant_last_resort_turns_total", labels) is not None
    labels = {"to": "staff", "outcome": "parked"}
    assert REGISTRY.get_sample_value("assistant_deliveries_total", labels) is not None
