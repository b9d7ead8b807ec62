"""A turn that failed as a whole looks like an answer; by the metrics it counts as none."""

import asyncio
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fakes

from assistant.benchmarks.serving import side_by_side
from assistant.benchmarks.serving import soak as soaking
from assistant.benchmarks.serving.client import Client
from assistant.benchmarks.serving.conversation import early_and_late
from assistant.benchmarks.serving.last_resorts import LastResorts
from assistant.benchmarks.serving.replies import is_turn
from assistant.benchmarks.serving.service import ServiceError
from assistant.benchmarks.serving.texts import distinct_texts
from assistant.observability.metrics import note_last_resort

TEXTS = ["what is denosumab?", "can I exercise?"]


def test_it_is_counted_by_the_name_that_the_server_gives_it():
    with fakes.ours() as service:
        note_last_resort("rest")
        counted = LastResorts(service.metrics_urls)
        assert counted.count() == 0
        for channel in ("rest", "web"):
            note_last_resort(channel)
        assert counted.count() == 2


def test_a_replica_that_was_started_again_counts_from_zero(monkeypatch):
    told = iter([7, 2])
    monkeypatch.setattr("assistant.benchmarks.serving.last_resorts._told", lambda _: next(told))
    assert LastResorts(["http://replica"]).count() == 2


def test_who_does_not_tell_is_not_taken_for_faultless(monkeypatch):
    with pytest.raises(ServiceError, match="does not tell"):
        LastResorts(["http://127.0.0.1:9"])
    monkeypatch.setattr(
        "assistant.benchmarks.serving.last_resorts.read_metrics", lambda _: "renamed_total 0.0\n"
    )
    with pytest.raises(ServiceError, match="has no assistant_last_resort_turns_total"):
        LastResorts(["http://127.0.0.1:9"])


@pytest.mark.parametrize(("reply", "unanswered"), [(fakes.answer, 0), (fakes.last_resort, 2)])
def test_conversations_at_once_count_it(reply, unanswered):
    with fakes.ours(reply) as service:
        found = asyncio.run(side_by_side.at_once([service], iter(TEXTS), [1], 1, 2))
    assert found["ours"]["1"]["unanswered"] == unanswered


@pytest.mark.parametrize(("reply", "unanswered"), [(fakes.answer, 0), (fakes.last_resort, 10)])
def test_a_long_conversation_counts_it(reply, unanswered):
    with fakes.ours(reply) as service:
        found = asyncio.run(early_and_late(service, distinct_texts(), late=5, pairs=1))
    assert found["unanswered"] == unanswered


def test_one_after_the_other_counts_it():
    class Encoder:
        def embed(self, text):
            pass

    with fakes.ours(fakes.last_resort) as service:
        found = asyncio.run(
            side_by_side.one_after_the_other([service], distinct_texts(), 3, Encoder())
        )
    assert found["services"]["ours"]["unanswered"] >= 3  # those that warm up failed, too


def test_a_soak_counts_it():
    with fakes.ours(fakes.last_resort) as service:
        seen = asyncio.run(soaking.soak(service, 4, 1))
    failed = {one.what: one for one in soaking.criteria(seen, set())}
    assert (seen.answered, seen.failed) == (4, 4)
    assert not failed["turns that failed as a whole"].met


def test_a_soak_whose_server_has_gone_is_reported_and_not_met(monkeypatch):
    told = iter([0])
    with fakes.ours() as service:
        monkeypatch.setattr(
            "assistant.benchmarks.serving.last_resorts._told", lambda _: _next_or_gone(told)
        )
        seen = asyncio.run(soaking.soak(service, 4, 1))
    failed = {one.what: one for one in soaking.criteria(seen, set())}
    assert not failed["turns that failed as a whole"].met


def test_an_object_without_text_is_no_answer():
    with fakes.ours(fakes.object_alone) as service:

        async def ask():
            async with Client() as client:
                return await client.ask(service, uuid.uuid4().hex, TEXTS[0])

        assert not asyncio.run(ask()).answered


@pytest.mark.parametrize(
    "reply",
    [
        [],
        None,
        {"error": "none"},
        ["text"],
        [{"text": "It is a drug."}],
        [{"text": "It is a drug."}, {"custom": {"message_id": "m1"}}],
        [{"custom": {"message_id": "m2"}}, {"text": "It is a drug."}],
    ],
)
def test_what_is_no_answer_to_a_message(reply):
    assert not is_turn(reply, "m1")


def _next_or_gone(told):
    try:
        return next(told)
    except StopIteration:
        raise ServiceError("gone") from None
