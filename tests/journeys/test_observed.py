"""What three real processes say of themselves: JSON logs and metrics, without a patient's words."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import uuid
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from waiting import until

from assistant.observability.metrics import KINDS
from assistant.observability.stages import OTHER, STAGES

SECRET = "marzipanelephant"
SENDER = f"joan-{uuid.uuid4().hex}"
MESSAGES = {
    f"what is denosumab {SECRET}?": "answer",
    f"my legs have gone numb since last night {SECRET}": "escalation",
    f"/{SECRET}": "fallback",
    f'/{SECRET}{{"a"': "fallback",
    "hello": "chitchat",
}


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="module")
def site(model, tmp_path_factory):
    """Server, worker and console at the loudest level; the last turn finds no tracker table."""
    from assistant.serve import Server

    state = tmp_path_factory.mktemp("observed")
    port, worker, console, pages = free_ports(4)
    environment = {
        "ASSISTANT_STATE": str(state),
        "TRACKER_DB": str(state / "tracker.sqlite"),
        "ASSISTANT_LOG": "json",
        "LOG_LEVEL": "DEBUG",
        "ASSISTANT_WORKER_METRICS": str(worker),
        "ASSISTANT_CONSOLE_METRICS": str(console),
        "CONSOLE_PORT": str(pages),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "CONSOLE_PORT", str(pages))
        server = Server(
            model, port=port, environment=environment, log=state / "server.log", console=True
        )
        with server:
            server.state, server.ports = state, {"worker": worker, "console": console}
            server.kinds = [_ask(server, text) for text in MESSAGES]
            with sqlite3.connect(state / "tracker.sqlite") as connection:
                connection.execute("DROP TABLE events")
            server.kinds.append(_ask(server, f"can I exercise? {SECRET}"))
            yield server


def _ask(server, text: str) -> str:
    body = {"sender": SENDER, "message": text}
    answer = requests.post(f"{server.url}/webhooks/rest/webhook", json=body, timeout=60)
    return answer.json()[0]["custom"]["kind"]


class Samples(dict):
    """`samples("assistant_turns_total", "answer", "rest")`, by the values of the labels."""

    def __call__(self, name: str, *labels: str) -> float:
        return self[name, frozenset(labels)]


def metrics_of(url: str) -> Samples:
    answer = requests.get(f"{url}/metrics", timeout=60)
    assert answer.status_code == 200, answer.text
    return Samples(
        ((sample.name, frozenset(sample.labels.values())), sample.value)
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    )


def test_each_line_of_each_process_is_json_with_time_level_logger_and_message(site):
    # The worker's notification for the terminal comes when the worker gets to it.
    until(lambda: "EMERGENCY" in str(_lines(site, "stdout")), "the notification")
    parsed = _lines(site)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in parsed)
    loggers = {line["logger"] for line in parsed}
    assert any(name.startswith("rasa.") for name in loggers), loggers
    # A fault with its traceback came through too.
    assert any("no such table" in line.get("exception", line["message"]) for line in parsed)


def test_structured_events_of_rasa_keep_their_fields_but_for_words(site):
    events = [line for line in _lines(site) if line["message"] == "processor.message.parse"]
    assert events and all(line["parse_data_text"] == "[withheld]" for line in events)
    # The first ones are of the model's warming, before anybody writes.
    assert any(line.get("conversation") == SENDER and line["message_id"] for line in events)


def test_no_word_of_a_patient_is_in_any_line(site):
    assert SECRET not in _log(site.state)


def test_turns_are_counted_by_kind_and_their_stages_add_up(site):
    found = metrics_of(site.url)
    turns = {kind: found("assistant_turns_total", kind, "rest") for kind in KINDS}
    assert {kind: count for kind, count in turns.items() if count} == {
        kind: site.kinds.count(kind) for kind in set(site.kinds)
    }
    assert found("assistant_turn_seconds_count", "rest") == len(site.kinds)
    stages = {name: found("assistant_stage_seconds_sum", name) for name in (*STAGES, OTHER)}
    assert sum(stages.values()) == pytest.approx(found("assistant_turn_seconds_sum", "rest"))
    assert all(stages[name] > 0 for name in (*STAGES, OTHER)), stages


def test_an_escalation_is_seen_in_all_three_processes(site):
    url = f"http://127.0.0.1:{site.ports['worker']}"
    until(lambda: metrics_of(url)("assistant_deliveries_total", "sent", "staff"), "a delivery")
    addresses = (site.url, url, f"http://127.0.0.1:{site.ports['console']}")
    for found in map(metrics_of, addresses):
        assert found("assistant_open_cases", "notified", "page") == 1
        assert found("assistant_store_up") == found("assistant_workers") == 1
        assert found("assistant_worker_lag_seconds", "outbox") < 30
        assert found("process_resident_memory_bytes") > 0
    server = metrics_of(site.url)
    assert server("assistant_escalations_recorded_total", "page") == 1
    assert server("assistant_part_up", "red-flag-screen") == 1


def test_neither_words_nor_ids_are_in_the_metrics(site):
    for url in (site.url, *(f"http://127.0.0.1:{port}" for port in site.ports.values())):
        text = requests.get(f"{url}/metrics", timeout=60).text
        assert SECRET not in text and SENDER not in text and "joan" not in text


def test_metrics_are_not_told_through_a_proxy_or_beside_their_address(site):
    for url in (site.url, *(f"http://127.0.0.1:{port}" for port in site.ports.values())):
        through = {"X-Forwarded-For": "203.0.113.9"}
        assert requests.get(f"{url}/metrics", headers=through, timeout=60).status_code == 403
    worker = f"http://127.0.0.1:{site.ports['worker']}"
    assert requests.get(f"{worker}/", timeout=60).status_code == 404


def _log(state: Path) -> str:
    return (state / "server.log").read_text(encoding="utf-8")


def _lines(site, logger: str = "") -> list[dict]:
    """The log's lines; with `logger`, its own. One that is still being written is left out."""
    whole, _, _ = _log(site.state).rpartition("\n")
    parsed = map(json.loads, whole.splitlines())
    return [line for line in parsed if logger in ("", line["logger"])]
