"""Load by locust at rising users, from an environment of its own (scripts/load-tool)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.benchmarks.serving.processes import Use
from assistant.benchmarks.serving.summary import summarise
from assistant.paths import ROOT

LOCUST = ROOT / ".venv-load" / "bin" / "python"
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
PATIENTS = {"REST": "RestPatient", "Socket.IO": "SocketPatient"}
SECONDS_TO_END = 160  # for the last answers: all tries of a message


class LoadError(Exception):
    """No load could be made; the message says why."""


@dataclass(frozen=True)
class Target:
    """What is loaded.

    Attributes:
        name: As the protocol's: "ours" or another.
        url: Where it is reached.
        look: Tells what its processes use.
    """

    name: str
    url: str
    look: Callable[[], Use]


def rise(
    target: Target,
    over: str,
    users: Sequence[int],
    seconds: int,
    skip: int = 0,
    pace: float = 1.0,
) -> list[dict[str, Any]]:
    """Loads a target with more and more patients, each of whom says a message in turn.

    Args:
        target: Running.
        over: One of `PATIENTS`.
        users: Numbers of patients, one after the other.
        seconds: How long each number stays.
        skip: Texts that other runs on this target have used.
        pace: Seconds from a patient's message to the next.

    Returns:
        For each number: what was offered, sent, answered and lost, tries that failed, percentiles
        in milliseconds, processor time of a turn, and what the generator itself used.
    """
    steps = []
    for number in users:
        steps.append(
            {"users": number, "pace": pace, **_step(target, over, number, seconds, skip, pace)}
        )
        skip += steps[-1]["sent"]
    return steps


def _step(
    target: Target, over: str, users: int, seconds: int, skip: int, pace: float
) -> dict[str, Any]:
    if not LOCUST.exists():
        raise LoadError(f"{LOCUST} is missing: run scripts/load-tool")
    result = ROOT / "build" / "load.json"
    result.parent.mkdir(exist_ok=True)
    result.unlink(missing_ok=True)
    before = target.look()
    done = subprocess.run(
        [
            *(str(LOCUST), "-m", "locust", "-f", str(LOCUSTFILE), PATIENTS[over], "--headless"),
            *("--host", target.url, "--stop-timeout", str(SECONDS_TO_END)),
            *("--only-summary", "--loglevel", "WARNING"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LOAD_SERVICE": target.name,
            "LOAD_RESULT": str(result),
            "LOAD_USERS": str(users),
            "LOAD_SECONDS": str(seconds),
            "LOAD_SKIP": str(skip),
            "LOAD_PACE": str(pace),
        },
        capture_output=True,
        text=True,
        timeout=seconds + 2 * SECONDS_TO_END,
        check=False,  # 1 where a request failed: that is what is counted
    )
    if not result.is_file():
        raise LoadError(f"locust ended with {done.returncode}: {done.stderr[-2000:]}")
    used = target.look()
    found = json.loads(result.read_text())
    times = found.pop("seconds")
    found["lost"] = found["sent"] - found["answered"]  # those too that never came to an end
    return {
        **found,
        **(asdict(summarise(times)) if times else {}),
        "turns_per_s": found["answered"] / found["took_s"],
        "cpu_ms_of_a_turn": 1000 * (used.cpu_s - before.cpu_s) / max(1, found["answered"]),
        "rss_mb": used.rss_mb,
    }
