"""Recording from a turn: never late, never raising, never lost."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from waiting import until

from assistant.escalation.escalation import Escalation
from assistant.escalation.health import Health
from assistant.escalation.journal import Journal
from assistant.escalation.recorder import Recorder, record_with_deadline, recorder_of
from assistant.escalation.store import EscalationStore, EscalationStoreError, default_store

Make = Callable[..., Escalation]
WORDS = "numb legs"


class FaultyStore(EscalationStore):
    """A real store that can be made to hang or to fail."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.works = threading.Event()
        self.works.set()
        self.broken = False

    def record(self, escalation: Escalation):
        self.works.wait(30)
        if self.broken:
            raise EscalationStoreError("escalation store: disk I/O error; check the disk")
        return super().record(escalation)


@pytest.fixture
def faulty(state: Path) -> FaultyStore:
    store = FaultyStore(f"sqlite:///{state / 'escalations.sqlite'}")
    # As after a start: the deadline is a turn's.
    store.check()
    importlib.import_module("assistant.red_flags.repetition")
    return store


@pytest.fixture
def recorder(faulty: FaultyStore, state: Path) -> Recorder:
    return Recorder(faulty, Journal(state / "unrecorded.jsonl"), Health())


def _health(recorder: Recorder) -> dict:
    return recorder.health.ready


def test_a_record_is_there_when_the_call_returns(recorder: Recorder, escalation: Make):
    outcome = asyncio.run(recorder.record(escalation()))
    assert (outcome.status, outcome.id) == ("recorded", 1)
    assert asyncio.run(recorder.record(escalation())).status == "known"


def test_a_hung_write_fails_at_the_deadline(
    recorder: Recorder, faulty: FaultyStore, escalation: Make, state: Path
):
    faulty.works.clear()
    started = time.monotonic()
    outcome = asyncio.run(recorder.record(escalation(), seconds=0.3))
    assert outcome.status == "failed" and time.monotonic() - started < 10
    assert not _health(recorder)["ready"]
    assert json.loads((state / "unrecorded.jsonl").read_text())["message_id"] == "m1"
    faulty.works.set()
    until(lambda: len(faulty.records()) == 1, "the late write")
    until(lambda: _health(recorder)["ready"], "readiness")
    until(lambda: not recorder.journal.holds_any, "the late write replays the journal")
    assert len(faulty.records()) == 1


def test_hung_writes_do_not_pile_up_threads(
    recorder: Recorder, faulty: FaultyStore, escalation: Make
):
    recorder._writer._stuck_after = 0.2
    faulty.works.clear()
    before = threading.active_count()

    async def many() -> list:
        first = await recorder.record(escalation(), seconds=0.3)
        rest = [recorder.record(escalation(message_id=f"n{n}"), 0.3) for n in range(100)]
        return [first, *await asyncio.gather(*rest)]

    started = time.monotonic()
    outcomes = asyncio.run(many())
    assert {outcome.status for outcome in outcomes} == {"failed"}
    assert threading.active_count() - before <= 2
    assert time.monotonic() - started < 10, "while one write hangs, the others are refused at once"
    faulty.works.set()
    assert asyncio.run(_record_until_taken(recorder, escalation(message_id="last")))
    until(lambda: len(faulty.records()) == 102, "all records")


async def _record_until_taken(recorder: Recorder, escalation: Escalation) -> bool:
    for _ in range(100):
        if (await recorder.record(escalation)).status != "failed":
            return True
        await asyncio.sleep(0.05)
    return False


def test_a_failed_write_is_recorded_by_the_next_success(
    recorder: Recorder, faulty: FaultyStore, escalation: Make, state: Path
):
    faulty.broken = True
    outcome = asyncio.run(recorder.record(escalation()))
    assert outcome.status == "failed" and "disk I/O error" in (outcome.reason or "")
    part = _health(recorder)["parts"]["escalation-store"]
    assert (part["ok"], part["failures"]) == (False, 1)
    assert (state / "unrecorded.jsonl").stat().st_mode & 0o777 == 0o600
    faulty.broken = False
    asyncio.run(recorder.record(escalation(message_id="m2")))
    assert {row["message_id"] for row in faulty.records()} == {"m1", "m2"}
    assert _health(recorder)["ready"] and not list(state.glob("unrecorded*"))


def test_a_failed_write_is_recorded_at_the_next_start(
    recorder: Recorder, faulty: FaultyStore, escalation: Make, state: Path
):
    faulty.broken = True
    given = escalation()
    asyncio.run(recorder.record(given))
    store = EscalationStore(faulty.url)
    store.check()
    restarted = Recorder(store, Journal(state / "unrecorded.jsonl"), Health())
    assert asyncio.run(restarted.check()) is None
    (row,) = restarted.store.records()
    assert row["message_id"] == "m1"
    assert row["recorded_at"] == given.recorded_at.replace(tzinfo=None), "the first time stays"


def test_a_replay_that_a_crash_cut_short_goes_on(
    store: EscalationStore, state: Path, escalation: Make
):
    journal = Journal(state / "unrecorded.jsonl")
    journal.append(escalation())
    journal.file.rename(state / "unrecorded.0123.replaying")
    journal.append(escalation(message_id="m2"))
    assert journal.replay(store) == 2
    assert not journal.holds_any and len(store.records()) == 2


def test_a_damaged_line_is_kept_and_the_others_are_recorded(
    store: EscalationStore, state: Path, escalation: Make, caplog: pytest.LogCaptureFixture
):
    journal = Journal(state / "unrecorded.jsonl")
    journal.append(escalation())
    with journal.file.open("ab") as file:
        file.write(b'{"conversation": "anna", "mess\n')
    journal.append(escalation(message_id="m2"))
    assert journal.replay(store) == 2
    assert (state / "unrecorded.damaged").read_bytes().startswith(b'{"conversation": "anna"')
    assert "Line 2" in caplog.text


def test_nothing_is_lost_when_the_journal_cannot_be_written_either(
    faulty: FaultyStore, state: Path, escalation: Make, caplog: pytest.LogCaptureFixture
):
    journal = Journal(state / "missing" / "unrecorded.jsonl")
    recorder = Recorder(faulty, journal, Health())
    faulty.broken = True
    assert asyncio.run(recorder.record(escalation())).status == "failed"
    assert "ONLY IN MEMORY" in caplog.text
    assert not _health(recorder)["parts"]["escalation-journal"]["ok"]
    faulty.broken = False
    assert asyncio.run(recorder.check()) is None
    assert [row["message_id"] for row in faulty.records()] == ["m1"]
    assert _health(recorder)["ready"]


def test_lines_appended_during_replays_are_not_lost(
    store: EscalationStore, state: Path, escalation
):
    journal = Journal(state / "unrecorded.jsonl")

    def append(start: int) -> None:
        for number in range(start, start + 60):
            journal.append(escalation(message_id=f"m{number}"))

    threads = [threading.Thread(target=append, args=(start,)) for start in (0, 100)]
    [thread.start() for thread in threads]
    while any(thread.is_alive() for thread in threads):
        journal.replay(store)
    journal.replay(store)
    assert len(store.records()) == 120


def test_the_log_names_ids_and_no_words(
    recorder: Recorder, faulty: FaultyStore, escalation: Make, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    faulty.broken = True
    asyncio.run(recorder.record(escalation()))
    assert "ESCALATION NOT RECORDED: conversation=anna message=m1 priority=page" in caplog.text
    assert WORDS not in caplog.text


def _not_recorded() -> float:
    return REGISTRY.get_sample_value("assistant_escalations_not_recorded_total") or 0.0


def test_a_message_that_is_tried_twice_is_told_once(
    recorder: Recorder, faulty: FaultyStore, escalation: Make, caplog: pytest.LogCaptureFixture
):
    faulty.broken = True
    before = _not_recorded()
    for _ in range(2):  # the action, and the end of its turn
        assert asyncio.run(recorder.record(escalation())).status == "failed"
    assert _not_recorded() == before + 1
    assert caplog.text.count("ESCALATION NOT RECORDED") == 1
    asyncio.run(recorder.record(escalation(message_id="m2")))
    asyncio.run(recorder.record(escalation(conversation="ben")))
    assert _not_recorded() == before + 3
    faulty.broken = False
    assert asyncio.run(recorder.check()) is None
    assert len(faulty.records()) == 3


def test_probes_stand_before_no_record(
    recorder: Recorder, faulty: FaultyStore, escalation: Make, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(faulty, "check", lambda: faulty.works.wait(30))
    monkeypatch.setattr(faulty, "record", lambda one: EscalationStore.record(faulty, one))
    faulty.works.clear()

    async def record_among_probes() -> str:
        probes = [asyncio.ensure_future(recorder.check(0.2)) for _ in range(50)]
        await asyncio.sleep(0)
        outcome = await recorder.record(escalation(), seconds=10)
        await asyncio.gather(*probes)
        return outcome.status

    assert asyncio.run(record_among_probes()) == "recorded"
    assert not faulty.works.is_set()
    faulty.works.set()


def test_check_sees_a_writer_that_hangs(recorder: Recorder, faulty: FaultyStore, escalation: Make):
    faulty.works.clear()
    asyncio.run(recorder.record(escalation(), seconds=0.1))
    assert "no answer" in (asyncio.run(recorder.check(0.5)) or "")
    faulty.works.set()


def test_check_fails_for_a_hung_store_without_waiting(
    recorder: Recorder, faulty: FaultyStore, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(faulty, "check", lambda: faulty.works.wait(30))
    faulty.works.clear()
    assert "no answer" in (asyncio.run(recorder.check(0.2)) or "")
    faulty.works.set()


def test_a_write_that_misses_its_deadline_delays_no_exit(state: Path):
    script = (
        "import asyncio, time\n"
        "from assistant.escalation.recorder import record_with_deadline\n"
        "from assistant.escalation.store import Escalation, default_store\n"
        "store = default_store(); store.record = lambda escalation: time.sleep(60)\n"
        "given = Escalation('anna', 'm1', 'rest', 'page', 'emergency', [])\n"
        "print(asyncio.run(record_with_deadline(store, given, 0.2)).status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20
    )
    assert done.stdout.strip() == "failed"


def test_the_sites_store_has_one_recorder(escalation: Make, state: Path):
    assert recorder_of(default_store()) is recorder_of(default_store())
    outcome = asyncio.run(record_with_deadline(default_store(), escalation()))
    assert outcome.status == "recorded" and (state / "escalations.sqlite").exists()
