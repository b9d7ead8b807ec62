"""How much disk the packages take that a service needs, with all that those need in turn."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assistant.paths import ROOT

# The half of PyTorch for GPUs, which scripts/setup leaves out where it can.
FOR_GPUS = re.compile(r"(nvidia|cuda)-.*|triton")


def served(listed: str) -> set[str]:
    """The names of the packages that scripts/serving-packages lists.

    Args:
        listed: What it prints: a requirement a line, with hashes below it.
    """
    lines = (line for line in listed.splitlines() if line and not line.startswith((" ", "#")))
    return {canonicalize_name(line.partition("==")[0]) for line in lines}


def ours(find: Callable[[str], Distribution] = distribution) -> dict[str, Distribution]:
    """What our serving image installs, of the packages that stand in this environment.

    Raises:
        subprocess.CalledProcessError: If the list cannot be made.
    """
    script = ROOT / "scripts" / "serving-packages"
    listed = subprocess.run([script], check=True, capture_output=True, text=True).stdout
    found = {}
    for name in served(listed):
        with suppress(PackageNotFoundError):  # for another platform
            found[name] = find(name)
    return found


def needed(
    requirements: Iterable[str], find: Callable[[str], Distribution] = distribution
) -> dict[str, Distribution]:
    """All packages that some requirements bring, of those that are installed.

    Args:
        requirements: Such as "rasa==3.6.21".
        find: Finds an installed package by name.

    Returns:
        By name.
    """
    found: dict[str, Distribution] = {}
    waiting = [Requirement(one) for one in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        key = name, frozenset(wanted.extras)
        if key in seen or FOR_GPUS.fullmatch(name):
            continue
        seen.add(key)
        try:
            package = find(name)
        except PackageNotFoundError:  # for another platform
            continue
        found[name] = package
        for line in package.requires or ():
            needs = Requirement(line)
            extras = wanted.extras or {""}
            if needs.marker is None or any(needs.marker.evaluate({"extra": one}) for one in extras):
                waiting.append(needs)
    return found


def megabytes(packages: Iterable[Distribution]) -> float:
    """What the packages' files take."""
    files = (Path(str(file.locate())) for one in packages for file in one.files or ())
    return sum(file.stat().st_size for file in files if file.is_file()) / 2**20
