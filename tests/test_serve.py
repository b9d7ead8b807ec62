"""Starting: clear refusals, no needless training, and everything stopped at the end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest.mock import Mock

import pytest
import requests
from waiting import said_until_ready

from assistant import training
from assistant.channels.patient import SECONDS_TO_END
from assistant.channels.web.socket import SECONDS_TO_CLOSE
from assistant.cluster import cluster
from assistant.escalation.health import WITHHELD
from assistant.observability.exposition import TOKEN
from assistant.paths import ROOT
from assistant.serve import ServeError, Server
from assistant.training import digest, train


def test_unchanged_model_is_not_trained_again(model):
    before = model.stat().st_mtime_ns
    assert train() == model and model.stat().st_mtime_ns == before


def test_of_several_processes_one_trains_and_the_others_wait_for_it(monkeypatch, tmp_path):
    built = []

    def build(into):
        built.append(into)
        time.sleep(0.2)  # long enough for the others to come
        for file in (into.model, into.texts):
            file.touch()
        into.digest_file.write_text(digest())

    monkeypatch.setattr(training, "MODELS", tmp_path / "models")
    monkeypatch.setattr(training, "build", build)
    others = [threading.Thread(target=train) for _ in range(3)]
    [other.start() for other in others]
    [other.join() for other in others]
    assert len(built) == 1


def test_digest_changes_with_a_training_file(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "ROOT", tmp_path)
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    file = tmp_path / "data" / "nlu" / "greet.yml"
    for name in training.TRAINED_ON:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if "." in name:
            (tmp_path / name).write_text("x")
    file.write_text("one")
    before = digest()
    file.write_text("two")
    assert digest() != before


def test_address_from_outside_needs_a_token(monkeypatch, model):
    monkeypatch.delenv("ASSISTANT_TOKEN", raising=False)
    with pytest.raises(ServeError, match="set ASSISTANT_TOKEN"):
        Server(model, host="0.0.0.0")


def test_port_in_use_says_what_to_do(model):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServeError, match="choose another one with PORT="):
            Server(model, port=taken.getsockname()[1]).__enter__()


def test_turns_under_way_have_their_time_before_the_server_is_killed():
    server = Server(Path("no-model"))
    server.process = Mock(poll=Mock(return_value=None))
    server.stop()
    seconds = server.process.wait.call_args.kwargs["timeout"]
    assert min(seconds, cluster.SECONDS_TO_STOP) > SECONDS_TO_END + SECONDS_TO_CLOSE


def test_server_shows_the_token_that_opens_what_is_wrong():
    shown = []

    class Ready(BaseHTTPRequestHandler):
        def do_GET(self):
            shown.append(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Ready) as http:
        threading.Thread(target=http.handle_request, daemon=True).start()
        given = {TOKEN: "s3cret"}
        server = Server(Path("no-model"), port=http.server_port, environment=given)
        server.process = Mock(poll=Mock(return_value=None))
        server._wait_until_ready()
    assert shown == ["Bearer s3cret"]


def test_a_fault_that_is_withheld_may_pass_while_it_starts():
    server = Server(Path("no-model"))
    server.faults = [f"escalation-worker: {WITHHELD}"]
    assert server._is_starting(5) and not server._is_starting(30)


def test_unknown_command_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "assistant.serve", "fly"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode != 0 and "train|run|shell" in done.stderr


def test_run_prints_the_page_and_stops_all_on_ctrl_c(model, tmp_path):
    with socket.socket() as probe, socket.socket() as other:
        for one in (probe, other):
            one.bind(("127.0.0.1", 0))
        port, console_port = probe.getsockname()[1], other.getsockname()[1]
    ports = {"PORT": str(port), "CONSOLE_PORT": str(console_port)}
    running = subprocess.Popen(
        [sys.executable, "-m", "assistant.serve", "run"],
        cwd=ROOT,
        env={**os.environ, **ports, "ASSISTANT_STATE": str(tmp_path), "PYTHONPATH": "."},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = said_until_ready(running)
        assert f"http://127.0.0.1:{port}/webhooks/web/" in said
        page = requests.get(f"http://127.0.0.1:{port}/webhooks/web/", timeout=60)
        assert page.status_code == 200 and "<html" in page.text
        console = f"http://127.0.0.1:{console_port}/"
        assert f"Staff console: {console} (no account yet" in said
        entrance = requests.get(console, timeout=60)
        assert entrance.url.startswith(f"{console}log-in") and "Password" in entrance.text
        ready = requests.get(f"http://127.0.0.1:{port}/webhooks/web/ready", timeout=60).json()
        assert ready["parts"]["staff-console"]["ok"]
        running.send_signal(signal.SIGINT)
        assert "Stopped." in running.stdout.read()
        assert running.wait(timeout=30) == 0
    finally:
        running.kill()
    for each in (port, console_port):
        assert _is_gone(each), f"{each} is still served"


def _is_gone(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=1)
        except requests.ConnectionError:
            return True
        time.sleep(0.2)
    return False
