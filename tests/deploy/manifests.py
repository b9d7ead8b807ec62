"""The manifests and the compose file as objects, and what they say of a process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
FILES = KUSTOMIZATION["resources"]
EXAMPLES = ("secret.example.yaml",)
OBJECTS = [
    one for name in FILES for one in yaml.safe_load_all((KUBERNETES / name).read_text()) if one
]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = ("assistant", "worker", "console")


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] == kind}


def workloads() -> dict[str, dict[str, Any]]:
    return of_kind("Deployment") | of_kind("StatefulSet")


def pod(name: str) -> dict[str, Any]:
    return workloads()[name]["spec"]["template"]["spec"]


def container(name: str) -> dict[str, Any]:
    [only] = pod(name)["containers"]
    return only


def environment(name: str) -> dict[str, Any]:
    """Variables of a pod: texts, or where Kubernetes finds them."""
    given = container(name).get("env", [])
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in given}


def ports(name: str) -> dict[str, int]:
    return {one["name"]: one["containerPort"] for one in container(name).get("ports", [])}


def rules(app: str, direction: str) -> list[dict[str, Any]]:
    """What policies allow the pods of an app: `direction` is "ingress" or "egress"."""
    labels = workloads()[app]["spec"]["template"]["metadata"]["labels"]
    selecting = [
        one["spec"]
        for one in of_kind("NetworkPolicy").values()
        if _selects(one["spec"]["podSelector"], labels)
    ]
    return [rule for spec in selecting for rule in spec.get(direction, [])]


def allowed(found: list[dict[str, Any]]) -> set[int]:
    return {one["port"] for rule in found for one in rule["ports"]}


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", [])
    return wanted.items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in among
    )
