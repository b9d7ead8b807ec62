"""`/metrics` of the assistant's server, and what the patients' channels count."""

from __future__ import annotations

import requests
from prometheus_client import REGISTRY
from serving import serving

from assistant.channels.metrics import MetricsInput
from assistant.channels.patient import PatientDoor
from assistant.channels.rest import PatientRestInput
from assistant.channels.web import WebInput
from assistant.channels.web.settings import WebSettings
from assistant.escalation.health import Health
from assistant.observability.exposition import TOKEN

SEED = "crimson teapot"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def ask(url: str, text: str, message_id: str | None = None, sender: str = "joan-smith") -> list:
    body = {"sender": sender, "message": text}
    if message_id:
        body["metadata"] = {"message_id": message_id}
    return requests.post(f"{url}/webhooks/rest/webhook", json=body, timeout=60).json()


def test_metrics_are_told_here_and_hold_no_words_ids_or_names(assistant):
    with serving([PatientRestInput(), WebInput(), MetricsInput()], assistant) as server:
        ask(server.url, f"my {SEED} hurts", f"{SEED}-1", sender=f"joan {SEED}")
        answer = requests.get(f"{server.url}/metrics", timeout=60)
        text = answer.text
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'assistant_part_up{part="model"} 0.0' in text  # no model stands behind these channels
    assert "assistant_store_up " in text and "process_cpu_seconds_total" in text
    for word in ("crimson", "teapot", "joan"):
        assert word not in text


def test_metrics_follow_the_rule_of_loopback_or_token(assistant, monkeypatch):
    with serving([MetricsInput()], assistant) as server:
        url = f"{server.url}/metrics"
        through_proxy = {"X-Forwarded-For": "203.0.113.9"}
        refused = requests.get(url, headers=through_proxy, timeout=60)
        assert refused.status_code == 403 and TOKEN in refused.json()["allowed"]
        monkeypatch.setenv(TOKEN, "s3cret")
        assert requests.get(url, timeout=60).status_code == 403
        sent = {"Authorization": "Bearer s3cret", **through_proxy}
        assert requests.get(url, headers=sent, timeout=60).status_code == 200


def test_the_patients_token_does_not_open_the_metrics(assistant, monkeypatch):
    monkeypatch.setenv("ASSISTANT_TOKEN", "of the patients' clients")
    with serving([MetricsInput()], assistant) as server:
        headers = {"Authorization": "Bearer of the patients' clients", "Via": "1.1 proxy"}
        assert requests.get(f"{server.url}/metrics", headers=headers, timeout=60).status_code == 403


def test_a_turn_and_its_repetition_are_told_apart(server, assistant):
    turns = value("assistant_turns_total", kind="answer", channel="rest")
    repeats = value("assistant_repeated_messages_total", channel="rest")
    stores = value("assistant_stage_seconds_sum", stage="stores")
    first = ask(server.url, "can I exercise?", "m1")
    assert ask(server.url, "can I exercise?", "m1") == first
    assert value("assistant_turns_total", kind="answer", channel="rest") == turns + 1
    assert value("assistant_repeated_messages_total", channel="rest") == repeats + 1
    assert value("assistant_stage_seconds_sum", stage="stores") > stores


def test_a_turn_that_fails_is_counted_as_a_last_resort_and_by_its_kind(server, assistant):
    async def fail(message: object) -> None:
        raise RuntimeError("injected")

    assistant.script = fail
    before = value("assistant_last_resort_turns_total", channel="rest")
    kinds = value("assistant_turns_total", kind="escalation", channel="rest")
    ask(server.url, "my legs are numb")
    assert value("assistant_last_resort_turns_total", channel="rest") == before + 1
    assert value("assistant_turns_total", kind="escalation", channel="rest") == kinds + 1


def test_a_message_over_the_limit_is_counted(assistant):
    before = value("assistant_rate_limit_refusals_total")
    with serving([WebInput(WebSettings(sessions_per_minute_of_address=1))], assistant) as server:
        url = f"{server.url}/webhooks/web/session"
        assert requests.post(url, timeout=60).status_code == 201
        assert requests.post(url, timeout=60).status_code == 429
    assert value("assistant_rate_limit_refusals_total") == before + 1


def test_a_scrape_probes_the_parts(assistant, health: Health, monkeypatch):
    async def find(self: PatientDoor) -> None:
        self.health.fail("reply-store", "injected")

    monkeypatch.setattr(PatientDoor, "check", find)
    with serving([MetricsInput()], assistant) as server:
        requests.get(f"{server.url}/metrics", timeout=60)
    assert health.ready["parts"]["reply-store"]["ok"] is False
