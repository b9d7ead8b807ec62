"""`make cluster` as a person runs it, on servers that are given; and what it refuses."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest
import requests
from waiting import said_until_ready

from assistant.cluster import Cluster, ClusterError
from assistant.cluster.programs import free_port
from assistant.paths import ROOT


@pytest.mark.timeout(900)
def test_prints_the_page_when_ready_and_stops_all_on_ctrl_c(model, postgresql_url, redis):
    port, console_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="assistant-cluster-") as state:
        environment = {
            **os.environ,
            "ASSISTANT_STATE": state,
            "ASSISTANT_DATABASE": postgresql_url,
            "ASSISTANT_REDIS": redis.url,
            "PORT": str(port),
            "CONSOLE_PORT": str(console_port),
            "REPLICAS": "1",
            "WORKERS": "1",
            "PYTHONPATH": ".",
        }
        running = subprocess.Popen(
            [sys.executable, "-m", "assistant.cluster"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            said = said_until_ready(running)
            assert f"Page: http://127.0.0.1:{port}/webhooks/web/" in said
            page = requests.get(f"http://127.0.0.1:{port}/", timeout=30)
            assert page.status_code == 200 and "<html" in page.text
            entrance = requests.get(f"http://127.0.0.1:{console_port}/", timeout=30)
            assert "Password" in entrance.text
            ready = requests.get(f"http://127.0.0.1:{port}/webhooks/web/ready", timeout=30).json()
            assert ready["ready"] and ready["parts"]["staff-console"]["ok"]
            # What it says of the stores, other commands understand.
            listed = subprocess.run(
                f". {state}/cluster/environment.sh && {sys.executable} -m assistant.escalation",
                cwd=ROOT,
                shell=True,
                capture_output=True,
                text=True,
            )
            assert listed.returncode == 0, listed.stderr
            running.send_signal(signal.SIGINT)
            assert "Stopped." in running.stdout.read()
            assert running.wait(timeout=90) == 0
        finally:
            running.kill()
    for each in (port, console_port):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{each}/", timeout=5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ASSISTANT_DATABASE": "postgresql://nobody@127.0.0.1:1/none"}, "ASSISTANT_DATABASE"),
        ({"ASSISTANT_REDIS": "redis://127.0.0.1:1/0"}, "ASSISTANT_REDIS"),
    ],
)
def test_given_server_that_does_not_answer_is_named(model, postgresql_url, given, said):
    with tempfile.TemporaryDirectory(prefix="assistant-cluster-") as state:
        environment = {"ASSISTANT_STATE": state, "ASSISTANT_DATABASE": postgresql_url, **given}
        with pytest.raises(ClusterError, match=said):
            Cluster(model, environment=environment).__enter__()


def test_no_replicas_are_refused(model):
    with pytest.raises(ClusterError, match="at least"):
        Cluster(model, replicas=0)


def test_replica_with_a_wrong_profile_ends_with_one_line(model):
    done = subprocess.run(
        [sys.executable, "-m", "assistant.serve", "replica"],
        cwd=ROOT,
        env={**os.environ, "ASSISTANT_PROFILE": "cluster", "ASSISTANT_DATABASE": "sqlite:///x"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "ASSISTANT_DATABASE" in done.stderr and "Traceback" not in done.stderr
