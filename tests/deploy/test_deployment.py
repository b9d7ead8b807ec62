"""What can be known of image, compose file and manifests without an engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from manifests import (
    COMPOSE,
    EXAMPLES,
    FILES,
    KUBERNETES,
    KUSTOMIZATION,
    OURS,
    ROOT,
    container,
    environment,
    of_kind,
    pod,
    workloads,
)

from assistant.channels.patient import LAST_RESORT_SECONDS, TURN_SECONDS
from assistant.escalation.store import EscalationStore
from assistant.profile import read_profile
from assistant.web.console.app import create_app
from assistant.web.console.settings import console_settings

CHECKERS = ROOT / "build" / "deploy-checks" / "bin"
STATE = "/var/lib/assistant"


@pytest.fixture(scope="module", autouse=True)
def checkers() -> None:
    subprocess.run([ROOT / "scripts" / "deploy-checks"], check=True)


def passes(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dockerfile_passes_hadolint():
    passes(CHECKERS / "hadolint", "Dockerfile")


@pytest.mark.parametrize("file", [*FILES, *EXAMPLES])
def test_manifests_fit_the_schemas_of_kubernetes(file):
    passes(CHECKERS / "kubernetes-validate", "--strict", "-k", "1.31", KUBERNETES / file)


def test_compose_file_fits_its_schema():
    passes(CHECKERS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")


def test_image_has_what_its_setup_imports_before_the_rest_is_copied(tmp_path):
    stage = (ROOT / "Dockerfile").read_text().split(" AS trained")[1].split("RUN scripts/setup")[0]
    for line in re.findall(r"^COPY (.+)$", stage, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            copied = tmp_path / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, copied)
            else:
                copied = copied / source.rpartition("/")[2] if target.endswith("/") else copied
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, copied)
    assert (tmp_path / "scripts" / "setup").is_file() and (tmp_path / "uv.lock").is_file()
    done = subprocess.run(
        [sys.executable, "-c", "import assistant.encoder.export as e; print(e.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(str(tmp_path)), done.stderr


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
    assert set(workloads()) == {*OURS, "nginx"}
    for name in workloads():
        assert pod(name)["securityContext"]["runAsNonRoot"]
        assert container(name)["securityContext"]["readOnlyRootFilesystem"]
        assert not container(name)["securityContext"]["allowPrivilegeEscalation"]
        assert container(name)["resources"]["requests"].keys() == {"cpu", "memory"}


def test_update_leaves_enough_replicas_and_waits_for_their_turns():
    for deployment in of_kind("Deployment").values():
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    drained = [
        float(part)
        for part in container("assistant")["lifecycle"]["preStop"]["exec"]["command"]
        if part.isdigit()
    ]
    turns = TURN_SECONDS + LAST_RESORT_SECONDS + 5
    assert pod("assistant")["terminationGracePeriodSeconds"] > sum(drained) + turns
    # Of a StatefulSet one pod after the other is replaced, and it counts against the same budget.
    budget = of_kind("PodDisruptionBudget")["assistant"]["spec"]["minAvailable"]
    assert 1 <= budget <= workloads()["assistant"]["spec"]["replicas"] - 1


def test_replica_leaves_when_nginx_and_the_cluster_have_forgotten_its_name():
    command = container("assistant")["lifecycle"]["preStop"]["exec"]["command"]
    text = (KUBERNETES / "nginx.conf").read_text()
    kept = int(re.search(r"resolver \S+ valid=(\d+)s", text)[1])
    assert int(command[command.index("--leave") + 1]) > kept + 5  # CoreDNS keeps names for 5 s


def test_emergency_journal_outlives_its_pod_and_comes_back_to_a_replica():
    [replicas] = of_kind("StatefulSet").values()
    assert replicas["metadata"]["name"] == "assistant"
    [claim] = replicas["spec"]["volumeClaimTemplates"]
    mounted = {one["mountPath"]: one["name"] for one in container("assistant")["volumeMounts"]}
    assert mounted[STATE] == claim["metadata"]["name"]
    assert STATE in (ROOT / "Dockerfile").read_text()
    assert not [one for one in pod("assistant")["volumes"] if one["name"] == mounted[STATE]]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]  # each its own
    kept = replicas["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert kept == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    headless = of_kind("Service")[replicas["spec"]["serviceName"]]["spec"]
    assert headless["clusterIP"] == "None" and headless["selector"] == {"app": "assistant"}
    assert f"state:{STATE}" in COMPOSE["services"]["assistant"]["volumes"]


def test_load_balancers_ask_what_the_stores_do_not_decide():
    replica = container("assistant")
    for probe in ("startupProbe", "readinessProbe"):
        assert replica[probe]["httpGet"]["path"] == "/webhooks/web/serves"
    assert replica["livenessProbe"]["httpGet"]["path"] == "/webhooks/web/health"
    assert "/webhooks/web/serves" in (ROOT / "Dockerfile").read_text()


def test_console_answers_its_probe_by_the_name_that_it_is_sent(tmp_path):
    settings = console_settings(environment("console"))
    store = EscalationStore(f"sqlite:///{tmp_path / 'escalations.sqlite'}")
    client = create_app(store, settings).test_client()
    probe = container("console")["readinessProbe"]["httpGet"]
    headers = {one["name"]: one["value"] for one in probe.get("httpHeaders", [])}
    sent = {"Host": "10.1.2.3:5006", **headers}  # the kubelet's own is the pod's address
    assert client.get(probe["path"], headers=sent).status_code == 200
    asked = COMPOSE["services"]["console"]["healthcheck"]["test"][-1]
    host, path = re.search(r"http://([^/]+)(/\w+)", asked).groups()
    assert client.get(path, headers={"Host": host}).status_code == 200


def test_database_that_is_away_restarts_no_console():
    liveness = container("console")["livenessProbe"]
    assert liveness["tcpSocket"] == {"port": "http"} and "httpGet" not in liveness


def test_secrets_are_references_and_the_example_names_them_all():
    example = yaml.safe_load((KUBERNETES / "secret.example.yaml").read_text())["stringData"]
    named = set()
    for name in workloads():
        for variable, value in environment(name).items():
            if isinstance(value, dict):
                assert value["secretKeyRef"] == {"name": "assistant", "key": variable}
                named.add(variable)
            assert "PASSWORD" not in variable
    assert named == set(example)
    read_profile({"ASSISTANT_PROFILE": "cluster", **example})  # of the right form


@pytest.mark.parametrize("name", OURS)
def test_site_may_give_variables_files_and_keys_of_its_own(name):
    # ${MAIL_PASSWORD} of escalation.yml, ${HUB_SECRET} of credentials.yml, and where the files are.
    assert container(name)["envFrom"] == [{"secretRef": {"name": "site", "optional": True}}]
    [volume] = [one for one in pod(name)["volumes"] if one["name"] == "site"]
    for source in volume["projected"]["sources"]:
        [(_, found)] = source.items()
        assert found == {"name": "site" if "configMap" in source else "keys", "optional": True}
    mounts = {one["name"]: one for one in container(name)["volumeMounts"]}
    assert mounts["site"] == {"name": "site", "mountPath": "/etc/assistant", "readOnly": True}
    service = COMPOSE["services"][name]
    assert service["env_file"] == [{"path": "var/site.env", "required": False}]
    for file in ("site.yml", "escalation.yml"):
        variable = f"ASSISTANT_{file.removesuffix('.yml').upper()}"
        assert f"${{{variable}:-./{file}}}:/app/{file}:ro" in service["volumes"]


def test_links_of_replicas_lead_to_the_console():
    assert environment("assistant")["CONSOLE_URL"] == environment("console")["CONSOLE_URL"]
    services = {name: COMPOSE["services"][name]["environment"] for name in OURS}
    assert services["assistant"]["CONSOLE_URL"] == services["console"]["CONSOLE_URL"]


def test_compose_has_the_same_topology():
    services = COMPOSE["services"]
    assert set(services) == {*OURS, "nginx", "database", "redis"}
    replicas = {name: one.get("deploy", {}).get("replicas", 1) for name, one in services.items()}
    assert (replicas["assistant"], replicas["worker"]) == (3, 2)
    for name, command in (
        ("worker", "assistant.escalation.delivery.process"),
        ("console", "assistant.web.console"),
    ):
        assert command in services[name]["command"] and command in container(name)["command"]
    # Only nginx and the console are reached, from this machine alone: https is the site's.
    assert {name for name, one in services.items() if "ports" in one} == {"nginx", "console"}
    assert all(
        port.startswith("127.0.0.1:") for one in services.values() for port in one.get("ports", ())
    )


def test_all_stands_in_one_namespace():
    [namespace] = of_kind("Namespace")
    assert namespace == KUSTOMIZATION["namespace"]
