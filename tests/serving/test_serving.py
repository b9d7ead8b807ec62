"""The serving process: what it holds after a turn, and that its first turn is like the next."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from assistant.paths import ROOT

NEVER_SERVED = ("tensorflow", "torch", "transformers", "sentence_transformers", "matplotlib")

# Writes the names of the imported modules into a file: once it serves, and when it ends.
SERVE = """
import json, sys
from assistant.serving.__main__ import serve

def noting(file):
    async def note(app, loop):
        open(file, "w").write(json.dumps(sorted(sys.modules)))
    return note

before, after = sys.argv[1:3]
serve(sys.argv[3:], [(noting(before), "after_server_start"), (noting(after), "before_server_stop")])
"""


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    """A served process after two turns: their kinds, modules before the first and at the end."""
    state = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/webhooks"
    files = [state / "before.json", state / "after.json"]
    environment = {
        **os.environ,
        "ASSISTANT_STATE": str(state),
        "TRACKER_DB": str(state / "tracker.sqlite"),
        "PYTHONPATH": str(ROOT),
    }
    arguments = ["--model", str(model), "-p", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, *map(str, files), *arguments], cwd=ROOT, env=environment
    )
    try:
        _wait(f"{url}/rest/", process)
        kinds = [
            requests.post(
                f"{url}/rest/webhook", json={"sender": text, "message": text}, timeout=60
            ).json()[0]["custom"]["kind"]
            for text in ("what are bisphosphonates?", "since today my legs are numb")
        ]
    finally:
        process.terminate()
        process.wait(timeout=60)
    return kinds, *(set(json.loads(file.read_text())) for file in files)


def _wait(url, process):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, "it ended"
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise AssertionError("it does not serve")


def test_it_answers_and_escalates(served):
    kinds, _, _ = served
    assert kinds == ["answer", "escalation"]


@pytest.mark.parametrize("package", NEVER_SERVED)
def test_after_a_turn_it_holds_nothing_that_only_training_needs(served, package):
    _, _, after = served
    assert [name for name in after if name.split(".")[0] == package] == []


def test_the_first_turns_import_no_more(served):
    _, before, after = served
    assert after - before == set()


def test_warming_asks_nothing_that_would_be_recorded(agent):
    from assistant.dialogue.screening import screen_message
    from assistant.serving.warming import FLAGGED, QUESTIONS

    assert screen_message(FLAGGED).flagged
    assert [text for text in QUESTIONS if screen_message(text).flagged] == []


def test_a_model_that_cannot_answer_starts_all_the_same(agent, caplog):
    import asyncio
    from types import SimpleNamespace

    from assistant.serving.warming import warm

    asyncio.run(warm(SimpleNamespace(processor=None)))
    assert "could not be warmed" in caplog.text


def test_wrong_arguments_are_refused():
    done = subprocess.run(
        [sys.executable, "-m", "assistant.serving", "--port", "none"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "--port" in done.stderr and not Path("none").exists()
