"""The registry of what works."""

from __future__ import annotations

import threading

import pytest

from assistant.escalation.health import WITHHELD, Health, withheld


def test_a_fresh_process_is_ready():
    assert Health().ready == {"ready": True, "parts": {}}


def test_a_failure_makes_it_not_ready_and_names_the_reason():
    health = Health()
    health.fail("model", "no model is loaded")
    assert not health.ready["ready"]
    assert health.ready["parts"]["model"]["reason"] == "no model is loaded"


def test_a_recovery_of_one_part_leaves_the_other_failed():
    health = Health()
    health.fail("model", "a")
    health.fail("store", "b")
    health.recover("model")
    parts = health.ready["parts"]
    assert not health.ready["ready"] and parts["model"]["ok"] and not parts["store"]["ok"]


def test_strangers_are_told_the_part_and_not_the_reason():
    health = Health()
    health.fail("store", "postgresql://joy@10.0.0.7: connection refused")
    health.recover("model")
    told, known = withheld(health.ready), health.ready
    assert told["parts"]["store"] == {**known["parts"]["store"], "reason": WITHHELD}
    assert told["parts"]["model"] == known["parts"]["model"] and told["ready"] is False


def test_a_reason_is_logged_when_it_is_news(caplog: pytest.LogCaptureFixture):
    health = Health()
    for _ in range(3):
        health.fail("store", "disk I/O error")
    assert caplog.text.count("store: disk I/O error") == 1
    health.recover("store")
    health.fail("store", "disk I/O error")
    assert caplog.text.count("store: disk I/O error") == 2


def test_failures_are_counted_from_many_threads():
    health = Health()
    threads = [
        threading.Thread(target=lambda: [health.fail("store", "x") for _ in range(200)])
        for _ in range(8)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    health.recover("store")
    assert health.ready["parts"]["store"]["failures"] == 1600
