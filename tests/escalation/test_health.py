"""The registry of what works."""

from __future__ import annotations

import threading

from assistant.escalation.health import Health


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
