"""The example alerts and the dashboard ask for metrics, labels and values that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry

from assistant.escalation.health import Health
from assistant.escalation.metrics import HealthCollector, StoreCollector
from assistant.escalation.store import EscalationStore
from assistant.observability import metrics
from assistant.paths import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "assistant.json"
GROUPS = yaml.safe_load(ALERTS.read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
SCRAPED = {"job", "instance", "process"}  # labels that Prometheus itself adds
DURATION = re.compile(r"\d+[smhd]")


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> dict[str, dict[str, set[str]]]:
    """All samples of the three processes, with their labels and the values that these have."""
    store = EscalationStore(f"sqlite:///{tmp_path_factory.mktemp('known') / 'cases.sqlite'}")
    asked, health = CollectorRegistry(), Health()
    health.recover("model")
    asked.register(StoreCollector(lambda: store, seconds=60))
    asked.register(HealthCollector(health))
    metrics.MENTIONS.labels("fracture", "page")
    found: dict[str, dict[str, set[str]]] = {"up": {}}
    for registry in (REGISTRY, asked):
        for family in registry.collect():
            for sample in family.samples:
                labels = found.setdefault(sample.name, {})
                for name, value in sample.labels.items():
                    labels.setdefault(name, set()).add(value)
    for rule in RULES:
        if "record" in rule:
            found[rule["record"]] = {}
    return found


def panels() -> Iterator[tuple[str, str]]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def look(node: object) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expression), look)
    return found


@pytest.mark.parametrize(
    ("name", "expression"),
    [(rule.get("alert", rule.get("record")), rule["expr"]) for rule in RULES] + list(panels()),
    ids=lambda given: given if " " not in given and "(" not in given else "",
)
def test_each_expression_asks_for_what_there_is(known, name: str, expression: str):
    found = selectors(expression)
    assert found, f"{name} asks for nothing"
    for selector in found:
        assert selector.name in known, f"{name}: no process tells {selector.name}"
        labels = known[selector.name]
        for matcher in selector.matchers.matchers:
            if matcher.name in SCRAPED:
                continue
            assert matcher.name in labels, f"{name}: {selector.name} has no label {matcher.name}"
            wanted = set(matcher.value.split("|"))
            assert wanted <= labels[matcher.name], f"{name}: {matcher.name}={matcher.value}"


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if "alert" in rule], ids=itemgetter("alert")
)
def test_each_alert_says_how_pressing_it_is_and_what_to_do(known, rule: dict):
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "do"}
    assert DURATION.fullmatch(rule.get("for", "0s"))
    # Labels that the words name are those that the expression leaves.
    words = " ".join(rule["annotations"].values())
    for label in re.findall(r"\$labels\.(\w+)", words):
        kept = re.search(r"by \(([^)]*)\)", rule["expr"])
        assert label in (kept[1] if kept else "instance"), rule["alert"]


def test_what_must_wake_somebody_up_does():
    pages = {rule["alert"] for rule in RULES if rule.get("labels", {}).get("severity") == "page"}
    assert pages >= {
        "PageNotAcknowledged",
        "EscalationNotRecorded",
        "StoreUnhealthy",
        "NoWorker",
        "LastResortUsed",
    }


def test_names_are_unique():
    names = [rule.get("alert", rule.get("record")) for rule in RULES]
    assert len(names) == len(set(names)) and len({group["name"] for group in GROUPS}) == 2
    ids = [panel["id"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    assert len(ids) == len(set(ids))


def test_the_example_of_prometheus_uses_the_rules_and_the_job_that_they_name():
    config = yaml.safe_load(ALERTS.with_name("prometheus.yml").read_text())
    assert config["rule_files"] == [ALERTS.name]
    assert [one["job_name"] for one in config["scrape_configs"]] == ["assistant"]


def test_the_documentation_lists_each_metric_and_no_other(known):
    text = Path(ROOT / "docs" / "operations.md").read_text()
    listed = set(re.findall(r"^\| `(assistant_\w+)`", text, re.MULTILINE))
    told = {re.sub(r"_(bucket|count|sum)$", "", name) for name in known}
    assert listed == {name for name in told if name.startswith("assistant_")}
