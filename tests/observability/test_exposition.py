"""Who may see the metrics of a process, and where they are served."""

from __future__ import annotations

import logging
import os
import resource
import socket

import pytest
import requests

from assistant.observability.exposition import (
    TOKEN,
    MetricsError,
    credentials,
    is_allowed,
    serve_metrics,
)

SETTING = "ASSISTANT_WORKER_METRICS"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv(TOKEN, raising=False)
    monkeypatch.delenv(SETTING, raising=False)
    return monkeypatch


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "127.8.8.8"])
def test_whoever_is_on_this_machine_may(peer: str):
    assert is_allowed(peer, {"host": "anything"})


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("10.0.0.7", {}),
        ("", {}),
        ("localhost.evil.example", {}),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"}),
        ("127.0.0.1", {"forwarded": "for=203.0.113.9"}),
        ("127.0.0.1", {"x-real-ip": "203.0.113.9"}),
        ("127.0.0.1", {"via": "1.1 nginx"}),
        ("10.0.0.7", {"authorization": "Bearer "}),
    ],
)
def test_nobody_else_may_without_a_token(peer: str, headers: dict[str, str]):
    assert not is_allowed(peer, headers)


@pytest.mark.parametrize(
    ("authorization", "allowed"),
    [("Bearer s3cret", True), ("Bearer other", False), ("s3cret", False), ("", False)],
)
def test_with_a_token_it_alone_counts(environment, authorization: str, allowed: bool):
    environment.setenv(TOKEN, "s3cret")
    for peer in ("127.0.0.1", "10.0.0.7"):
        assert is_allowed(peer, {"authorization": authorization, "via": "1.1 x"}) is allowed


def test_nothing_is_served_unless_a_port_is_named():
    assert serve_metrics(SETTING) is None


def test_a_port_serves_metrics_and_nothing_else(environment):
    environment.setenv(SETTING, "0")
    port = serve_metrics(SETTING)
    url = f"http://127.0.0.1:{port}"
    answer = requests.get(f"{url}/metrics", timeout=20)
    assert answer.status_code == 200 and "process_resident_memory_bytes" in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert requests.get(f"{url}/", timeout=20).status_code == 404
    through_proxy = {"X-Forwarded-For": "203.0.113.9"}
    assert requests.get(f"{url}/metrics", headers=through_proxy, timeout=20).status_code == 403
    environment.setenv(TOKEN, "s3cret")
    assert requests.get(f"{url}/metrics", timeout=20).status_code == 403
    headers = {"Authorization": "Bearer s3cret"}
    assert requests.get(f"{url}/metrics", headers=headers, timeout=20).status_code == 200


def test_a_process_with_many_open_files_serves_them(environment):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        environment.setenv(SETTING, "0")
        port = serve_metrics(SETTING)
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=20).status_code == 200
    finally:
        [os.close(file) for file in held]
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_port_that_is_taken_is_said_and_stops_nothing(environment, caplog):
    caplog.set_level(logging.ERROR)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment.setenv(SETTING, str(taken.getsockname()[1]))
        assert serve_metrics(SETTING) is None
    assert "No metrics: cannot listen on 127.0.0.1:" in caplog.text


@pytest.mark.parametrize("given", ["metrics", "99999", "127.0.0.1:", "-1", "9101/metrics"])
def test_what_is_no_port_is_refused_with_what_is_allowed(environment, given: str):
    environment.setenv(SETTING, given)
    with pytest.raises(MetricsError, match=f"{SETTING}={given}: must be a port"):
        serve_metrics(SETTING)


@pytest.mark.parametrize("given", ["0.0.0.0:9101", "[::]:9101", "metrics.example:9101"])
def test_an_address_that_others_reach_needs_a_token(environment, given: str):
    environment.setenv(SETTING, given)
    with pytest.raises(MetricsError, match=f"set {TOKEN} to a secret"):
        serve_metrics(SETTING)


def test_a_program_of_the_site_is_let_in_with_and_without_a_token(environment):
    assert is_allowed("127.0.0.1", {})
    assert credentials(os.environ) == {}
    environment.setenv(TOKEN, "s3cret")
    sent = {name.lower(): value for name, value in credentials(os.environ).items()}
    assert is_allowed("10.0.0.7", sent)
