"""On what it was measured: machine, commit, versions."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

import psutil

from assistant.paths import ROOT

PACKAGES = (
    "rasa",
    "tensorflow",
    "onnxruntime",
    "sanic",
    "torch",
    "sentence-transformers",
    "fastapi",
    "uvicorn",
)


def machine() -> str:
    """Processor, cores and memory in a line."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory, {_system()}"


def commit() -> str:
    """The commit that is checked out; a `+` where files differ from it."""
    name = _git("rev-parse", "--short", "HEAD")
    return f"{name}+" if _git("status", "--porcelain", "--untracked-files=no") else name


def versions() -> str:
    """Python's and the packages' that matter."""
    found = [f"Python {platform.python_version()}"]
    return ", ".join([*found, *(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)])


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _system() -> str:
    return f"{platform.system()} {platform.release().split('-')[0]}"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or ("" if done.returncode == 0 else "no commit")
