"""Which turns are queued, and that nothing that happens to the queue reaches the turn."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

import pytest

from assistant.learning import turns
from assistant.learning.queue import default_queue
from assistant.learning.turns import CONVERSATIONS, LONGEST_TEXT, RecentTurns, Turn, note_turn

ANSWER = {"kind": "answer", "faq": [{"id": "exercise", "score": 0.8}], "red_flags": []}
FLAG = {"kind": "escalation", "faq": [], "red_flags": [{"category": "fracture"}]}


def an_object(kind: str) -> dict:
    return {"kind": kind, "faq": [], "red_flags": []}


def queued() -> list[tuple[str, str]]:
    """What is in the queue once the writer is done."""
    turns._writer.submit(lambda: None).result(timeout=60)
    return [(message.text, message.reason) for message in default_queue().waiting()]


@pytest.mark.parametrize("kind, reason", [("fallback", "unanswered"), ("clarify", "clarified")])
def test_what_was_not_answered_is_queued(kind: str, reason: str):
    note_turn("can I skydive?", [an_object(kind)], "web", None)
    assert queued() == [("can I skydive?", reason)]


@pytest.mark.parametrize("kind", ["answer", "decline", "chitchat", "admin", "support", "handoff"])
def test_what_was_served_is_not_queued(kind: str):
    note_turn("can I skydive?", [an_object(kind)], "web", None)
    assert queued() == []


@pytest.mark.parametrize("kind", ["escalation", "fallback", "clarify"])
def test_what_mentions_a_red_flag_is_never_queued(kind: str):
    objects = [FLAG, an_object(kind)]
    turn = note_turn("my legs are numb, can I skydive?", objects, "web", None)
    note_turn("no, that's not what I asked", [ANSWER], "web", turn)
    turns.note_rating(turn, helpful=False)
    assert queued() == []


def test_the_message_before_a_rejection_is_queued_with_its_answer():
    before = note_turn("can I skydive?", [ANSWER], "web", None)
    note_turn("no, I meant with a broken hip", [ANSWER], "web", before)
    assert queued() == [("can I skydive?", "rejected")]
    assert default_queue().waiting()[0].entries == [{"id": "exercise", "score": 0.8}]


def test_a_choice_that_is_badly_rated_is_queued_as_what_was_asked():
    offered = {**an_object("clarify"), "faq": [{"id": "mri-scan"}, {"id": "exercise"}]}
    asked = note_turn("can I skydive?", [offered], "web", None)
    chosen = note_turn("the second one", [ANSWER], "web", asked)
    turns.note_rating(chosen, helpful=False)
    assert queued() == [("can I skydive?", "badly-rated")]
    assert default_queue().waiting()[0].entries == [{"id": "exercise", "score": 0.8}]


@pytest.mark.parametrize("kind", ["clarify", "chitchat"])
def test_only_answers_can_be_rejected(kind: str):
    before = Turn("can I skydive?", [an_object(kind)], "web")
    note_turn("no, I meant with a broken hip", [ANSWER], "web", before)
    assert queued() == []


def test_a_turn_is_queued_once():
    recent = RecentTurns("web")
    recent.note("anna", "m1", "can I skydive?", [ANSWER])
    for _ in range(3):
        assert recent.rate("anna", "m1", helpful=False)
    recent.note("anna", "m2", "no, that's not what I asked", [ANSWER])
    assert queued() == [("can I skydive?", "badly-rated")]
    assert default_queue().waiting()[0].times == 1


def test_ratings_belong_to_their_conversation_and_good_ones_are_not_queued():
    recent = RecentTurns("web")
    recent.note("anna", "m1", "can I skydive?", [ANSWER])
    assert recent.rate("anna", "m1", helpful=True)
    assert not recent.rate("ben", "m1", helpful=False)
    assert not recent.rate("anna", "m2", helpful=False)
    assert queued() == []


def test_rejections_belong_to_their_conversation():
    recent = RecentTurns("web")
    recent.note("anna", "m1", "can I skydive?", [ANSWER])
    recent.note("ben", "m1", "no, that's not what I asked", [ANSWER])
    assert queued() == []


def test_the_oldest_conversations_are_forgotten():
    recent = RecentTurns("web")
    for number in range(CONVERSATIONS + 1):
        recent.note(f"c{number}", "m1", "can I skydive?", [ANSWER])
    assert not recent.rate("c0", "m1", helpful=False)
    assert recent.rate("c1", "m1", helpful=True)


def test_a_long_story_is_not_queued():
    note_turn("a story " * LONGEST_TEXT, [an_object("fallback")], "web", None)
    assert queued() == []


def test_a_broken_queue_costs_nothing_and_tells_no_words(
    state: Path, caplog: pytest.LogCaptureFixture
):
    (state / "review.sqlite").write_bytes(b"no database" * 200)
    with caplog.at_level(logging.DEBUG):
        turn = note_turn("can I skydive?", [an_object("fallback")], "web", None)
        turns._writer.submit(lambda: None).result(timeout=60)
    assert turn.text == "can I skydive?"
    assert "not queued for review: ReviewQueueError" in caplog.text
    assert "skydive" not in caplog.text


def test_a_locked_queue_is_not_waited_for(state: Path):
    note_turn("can I surf?", [an_object("fallback")], "web", None)
    assert len(queued()) == 1
    other = sqlite3.connect(state / "review.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    note_turn("can I skydive?", [an_object("fallback")], "web", None)
    assert time.monotonic() - started < 0.5
    other.execute("ROLLBACK")
    turns._writer.submit(lambda: None).result(timeout=60)


@pytest.mark.parametrize(
    "objects", [[{"kind": "fallback", "faq": [{}]}], [{"kind": ["x"]}], [None]]
)
def test_objects_that_make_no_sense_cost_nothing(objects: list):
    note_turn("can I skydive?", objects, "web", None)
    assert queued() == []
