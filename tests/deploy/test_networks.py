"""Who reaches whom in containers: nginx, Prometheus, and channels their way out."""

from __future__ import annotations

import re
import shlex
import sys
from ipaddress import ip_network

import pytest
import yaml
from manifests import (
    COMPOSE,
    KUSTOMIZATION,
    OURS,
    ROOT,
    allowed,
    container,
    environment,
    of_kind,
    ports,
    rules,
    workloads,
)

from assistant.cluster import nginx
from assistant.observability.exposition import TOKEN
from assistant.profile import PROXIES, read_profile

FOLDERS = ("compose", "kubernetes")
PRINTED = r"^ +python -m assistant\.cluster\.nginx (.+) >deploy/(\w+)/nginx\.conf$"
COMMANDS = {
    folder: shlex.split(arguments)
    for arguments, folder in re.findall(
        PRINTED, (ROOT / "docs" / "cluster.md").read_text(), re.MULTILINE
    )
}
PROMETHEUS = ROOT / "deploy" / "prometheus"
HTTPS = 443


def settings(folder: str) -> str:
    return (ROOT / "deploy" / folder / "nginx.conf").read_text()


@pytest.mark.parametrize("folder", FOLDERS)
def test_nginx_settings_are_what_the_documented_command_prints(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["nginx", *COMMANDS[folder]])
    nginx.main()
    assert capsys.readouterr().out == settings(folder)


def test_nginx_asks_for_the_replicas_by_their_full_name():
    # Its resolver knows no search domain: "assistant-pods" alone is found by nobody.
    service = of_kind("StatefulSet")["assistant"]["spec"]["serviceName"]
    name = f"{service}.{KUSTOMIZATION['namespace']}.svc.cluster.local"
    asked = re.findall(r"server (\S+) .*resolve;", settings("kubernetes"))
    assert asked == [f"{name}:{ports('assistant')['http']}"] * 2


@pytest.mark.parametrize("folder", FOLDERS)
def test_nginx_believes_the_proxy_before_it_and_the_replicas_nginx(folder):
    believed = re.findall(r"set_real_ip_from (\S+);", settings(folder))
    if folder == "kubernetes":
        assert believed == [environment("assistant")[PROXIES]]
        return
    networks = {
        name: one["ipam"]["config"][0]["subnet"] for name, one in COMPOSE["networks"].items()
    }
    # Published ports are entered by the network that is not internal; replicas are on both.
    assert believed == [networks["outside"]]
    proxies = read_profile(
        COMPOSE["services"]["assistant"]["environment"] | {"ASSISTANT_PROFILE": "embedded"}
    ).proxies
    for network in networks.values():
        assert any(ip_network(network).subnet_of(proxy) for proxy in proxies), network


@pytest.mark.parametrize("folder", FOLDERS)
def test_probe_of_nginx_asks_nginx_alone(folder):
    # One that asked replicas would take nginx away with them, and its page that says whom to call.
    if folder == "kubernetes":
        [path] = {
            container("nginx")[probe]["httpGet"]["path"]
            for probe in ("readinessProbe", "livenessProbe")
        }
    else:
        asked = COMPOSE["services"]["nginx"]["healthcheck"]["test"][-1]
        path = asked.removeprefix("http://127.0.0.1:8080")
    assert re.search(rf"location = {path} {{ return 200 [^}}]*}}'; }}", settings(folder))


@pytest.mark.parametrize("folder", FOLDERS)
def test_readiness_which_asks_all_stores_is_not_for_everybody(folder):
    text = settings(folder)
    refused = text.index("location ~ ^/webhooks/web/ready/?$ {")
    assert re.match(r"[^}]*allow 127\.0\.0\.1;\s*deny all;", text[refused:])
    assert refused < text.index("location ~ ^/webhooks/[a-z_.]+/")  # the first that fits is taken


def test_services_and_policies_select_pods_that_exist():
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in workloads().values()]
    selectors = [one["spec"]["selector"] for one in of_kind("Service").values()]
    selectors += [
        one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget").values()
    ]
    policies = of_kind("NetworkPolicy")
    selectors += [one["spec"]["podSelector"].get("matchLabels", {}) for one in policies.values()]
    for selector in selectors:
        assert any(selector.items() <= of_pod.items() for of_pod in labels), selector
    for policy in policies.values():
        for one in policy["spec"]["podSelector"].get("matchExpressions", []):
            assert set(one["values"]) <= set(workloads())
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    [rule] = policies["assistant-from-nginx"]["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app": "nginx"}}}]


def test_replicas_reach_stores_and_what_channels_need():
    # The hospital's keys (JWKS) and FHIR resources, replies by Twilio and Teams.
    assert allowed(rules("assistant", "egress")) == {53, 5432, 6379, HTTPS}
    assert HTTPS in allowed(rules("worker", "egress"))
    assert HTTPS not in allowed(rules("console", "egress"))


@pytest.mark.parametrize(
    ("name", "variable"),
    [("worker", "ASSISTANT_WORKER_METRICS"), ("console", "ASSISTANT_CONSOLE_METRICS")],
)
def test_worker_and_console_tell_figures_where_they_are_asked(name, variable):
    port = ports(name)["metrics"]
    assert environment(name)[variable] == f"0.0.0.0:{port}"
    assert COMPOSE["services"][name]["environment"][variable] == f"0.0.0.0:{port}"


@pytest.mark.parametrize("name", OURS)
def test_figures_need_the_token_and_let_prometheus_in(name):
    assert environment(name)[TOKEN]["secretKeyRef"]["key"] == TOKEN
    assert COMPOSE["services"][name]["environment"][TOKEN].startswith(f"${{{TOKEN}:?")
    port = ports(name).get("metrics", ports(name)["http"] if name == "assistant" else None)
    from_monitoring = [
        rule
        for rule in rules(name, "ingress")
        for one in rule["from"]
        if one.get("namespaceSelector", {}).get("matchLabels")
        == {"kubernetes.io/metadata.name": "monitoring"}
    ]
    assert port in allowed(from_monitoring)
    assert "location = /metrics" not in settings("kubernetes")


@pytest.mark.parametrize("file", ["compose.yml", "kubernetes.yml"])
def test_prometheus_finds_each_process_of_a_cluster(file):
    config = yaml.safe_load((PROMETHEUS / file).read_text())
    shipped = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert config["rule_files"] == shipped["rule_files"]
    [job] = config["scrape_configs"]
    assert job["job_name"] == "assistant" and job["authorization"]["credentials_file"]
    told = {name: ports(name).get("metrics", ports(name).get("http")) for name in OURS}
    if file == "compose.yml":
        asked = {name: one["port"] for one in job["dns_sd_configs"] for name in one["names"]}
        assert asked == told
        return
    assert job["kubernetes_sd_configs"] == [
        {"role": "pod", "namespaces": {"names": [KUSTOMIZATION["namespace"]]}}
    ]
    [kept] = [one for one in job["relabel_configs"] if one.get("action") == "keep"]
    assert kept["source_labels"] == [
        "__meta_kubernetes_pod_label_app",
        "__meta_kubernetes_pod_container_port_name",
    ]
    found = [
        (name, number)
        for name in workloads()
        for port, number in ports(name).items()
        if re.fullmatch(kept["regex"], f"{name};{port}")
    ]
    assert sorted(found) == sorted(told.items())
