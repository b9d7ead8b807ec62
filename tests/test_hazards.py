"""The hazard log: complete, and each control is shown by a test that exists."""

from __future__ import annotations

import ast

import pytest
import yaml

from assistant.paths import ROOT

LOG = yaml.safe_load((ROOT / "docs" / "safety" / "hazards.yml").read_text(encoding="utf-8"))
KEYS = {"id", "hazard", "cause", "effect", "severity", "likelihood", "controls"}
SEVERITIES = {"minor", "significant", "considerable", "major", "catastrophic"}
LIKELIHOODS = {"very-low", "low", "medium", "high", "very-high"}
HAZARDS = pytest.mark.parametrize("hazard", LOG["hazards"], ids=lambda hazard: hazard["id"])


def names_of_tests(file):
    """Names of the test functions of a file, as pytest collects them."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = (node for node in ast.walk(tree) if isinstance(node, kinds))
    return {node.name for node in functions if node.name.startswith("test_")}


@HAZARDS
def test_hazard_says_cause_effect_severity_and_likelihood(hazard):
    assert hazard.keys() - {"open"} == KEYS
    assert hazard["severity"] in SEVERITIES and hazard["likelihood"] in LIKELIHOODS


@HAZARDS
def test_each_control_names_a_test_that_exists(hazard):
    assert hazard["controls"]
    for control in hazard["controls"]:
        assert control.keys() == {"control", "test"}
        file, _, name = control["test"].partition("::")
        assert (ROOT / file).is_file(), f"{hazard['id']}: {file} does not exist"
        assert name in names_of_tests(file), f"{hazard['id']}: {control['test']} does not exist"


def test_each_hazard_has_an_id_of_its_own():
    ids = [hazard["id"] for hazard in LOG["hazards"]]
    assert len(set(ids)) == len(ids)


def test_the_log_claims_no_review_that_nobody_made():
    assert LOG["reviewed"] is None
