"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import assistant

MODULES = [
    module.name
    for module in pkgutil.walk_packages(assistant.__path__, "assistant.")
    # Alembic alone can run the migrations, and locust the load.
    if not module.name.endswith(("__main__", ".locustfile")) and ".migrations." not in module.name
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
