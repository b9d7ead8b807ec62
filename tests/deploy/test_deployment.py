"""What can be known of image, compose file and manifests without an engine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from assistant.channels.patient import LAST_RESORT_SECONDS, TURN_SECONDS
from assistant.profile import read_profile

ROOT = Path(__file__).resolve().parents[2]
CHECKERS = ROOT / "build" / "deploy-checks" / "bin"
KUBERNETES = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
FILES = KUSTOMIZATION["resources"]
OBJECTS = [
    one for name in FILES for one in yaml.safe_load_all((KUBERNETES / name).read_text()) if one
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SETTINGS = {"compose": "assistant:5005", "kubernetes": "assistant-pods:5005"}


@pytest.fixture(scope="module", autouse=True)
def checkers() -> None:
    subprocess.run([ROOT / "scripts" / "deploy-checks"], check=True)


def of_kind(kind: str) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] == kind}


def pod(deployment: dict) -> dict:
    return deployment["spec"]["template"]["spec"]


def passes(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dockerfile_passes_hadolint():
    passes(CHECKERS / "hadolint", "Dockerfile")


@pytest.mark.parametrize("file", [*FILES, "secret.example.yaml"])
def test_manifests_fit_the_schemas_of_kubernetes(file):
    passes(CHECKERS / "kubernetes-validate", "--strict", "-k", "1.31", KUBERNETES / file)


def test_compose_file_fits_its_schema():
    passes(CHECKERS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


@pytest.mark.parametrize("folder", SETTINGS)
def test_nginx_settings_are_those_that_the_code_prints(folder):
    from assistant.cluster.nginx import Balance, network, render

    text = (ROOT / "deploy" / folder / "nginx.conf").read_text()
    resolver = re.search(r"resolver (\S+) valid", text)[1]
    proxies = [network(one) for one in re.findall(r"set_real_ip_from (\S+);", text)]
    assert render(Balance("8080", [SETTINGS[folder]], proxies, resolver), None) == text


def test_serving_packages_hold_nothing_that_only_training_needs():
    printed = subprocess.run(
        [ROOT / "scripts" / "serving-packages"], capture_output=True, text=True, check=True
    ).stdout
    names = set(re.findall(r"^([\w.-]+)==", printed, re.MULTILINE))
    heavy = {"torch", "tensorflow", "keras", "transformers", "sentence-transformers", "pytest"}
    assert not names & heavy and not [name for name in names if name.startswith("nvidia")]
    assert {"rasa", "onnxruntime", "redis", "psycopg2-binary", "flask", "alembic"} <= names


def test_image_holds_what_the_code_reads_and_no_secret_state():
    taken = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert all((ROOT / name).exists() for name in taken)
    assert {"assistant", "actions", "endpoints.cluster.yml", "site.yml", "encoder"} <= taken
    assert not taken & {"var", ".env", "models", "tests", ".git"}


def test_everything_runs_without_root_and_without_a_place_to_write():
    deployments = of_kind("Deployment")
    assert set(deployments) == {"assistant", "worker", "console", "nginx"}
    for deployment in deployments.values():
        assert pod(deployment)["securityContext"]["runAsNonRoot"]
        for container in pod(deployment)["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_update_takes_no_replica_away_and_waits_for_its_turns():
    for deployment in of_kind("Deployment").values():
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    replica = pod(of_kind("Deployment")["assistant"])
    [container] = replica["containers"]
    drained = [
        float(part)
        for part in container["lifecycle"]["preStop"]["exec"]["command"]
        if part.isdigit()
    ]
    turns = TURN_SECONDS + LAST_RESORT_SECONDS + 5
    assert replica["terminationGracePeriodSeconds"] > sum(drained) + turns
    budget = of_kind("PodDisruptionBudget")["assistant"]["spec"]["minAvailable"]
    assert 1 <= budget < of_kind("Deployment")["assistant"]["spec"]["replicas"]


def test_load_balancers_ask_what_the_stores_do_not_decide():
    [container] = pod(of_kind("Deployment")["assistant"])["containers"]
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] == "/webhooks/web/serves"
    assert container["livenessProbe"]["httpGet"]["path"] == "/webhooks/web/health"
    assert "/webhooks/web/serves" in (ROOT / "Dockerfile").read_text()


def test_secrets_are_references_and_the_example_names_them_all():
    example = yaml.safe_load((KUBERNETES / "secret.example.yaml").read_text())["stringData"]
    named = set()
    for deployment in of_kind("Deployment").values():
        for variable in pod(deployment)["containers"][0].get("env", []):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                assert reference["name"] == "assistant"
                named.add(reference["key"])
            assert "PASSWORD" not in variable["name"]
    assert named == set(example)
    read_profile({"ASSISTANT_PROFILE": "cluster", **example})  # of the right form


def test_services_and_policies_select_pods_that_exist():
    labels = {
        name: one["spec"]["template"]["metadata"]["labels"]
        for name, one in of_kind("Deployment").items()
    }
    selectors = [one["spec"]["selector"] for one in of_kind("Service").values()]
    selectors += [
        one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget").values()
    ]
    policies = of_kind("NetworkPolicy")
    selectors += [one["spec"]["podSelector"].get("matchLabels", {}) for one in policies.values()]
    for selector in selectors:
        assert any(selector.items() <= of_pod.items() for of_pod in labels.values()), selector
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    [rule] = policies["assistant-from-nginx"]["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app": "nginx"}}}]


def test_compose_has_the_same_topology():
    services = COMPOSE["services"]
    assert set(services) == {"assistant", "worker", "console", "nginx", "database", "redis"}
    replicas = {name: one.get("deploy", {}).get("replicas", 1) for name, one in services.items()}
    assert (replicas["assistant"], replicas["worker"]) == (3, 2)
    for deployment, command in (
        ("worker", "assistant.escalation.delivery.process"),
        ("console", "assistant.web.console"),
    ):
        assert command in services[deployment]["command"]
        assert command in pod(of_kind("Deployment")[deployment])["containers"][0]["command"]
    # Only nginx and the console are reached, from this machine alone: https is the site's.
    assert {name for name, one in services.items() if "ports" in one} == {"nginx", "console"}
    assert all(
        port.startswith("127.0.0.1:") for one in services.values() for port in one.get("ports", ())
    )
