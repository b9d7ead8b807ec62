"""Load by locust at rising users, from an environment of its own (scripts/load-tool)."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.benchmarks.serving.last_resorts import LastResorts
from assistant.benchmarks.serving.processes import Use
from assistant.benchmarks.serving.summary import summarise
from assistant.paths import ROOT
from assistant.training import tail

LOCUST = ROOT / ".venv-load" / "bin" / "python"
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
PATIENTS = {"REST": "RestPatient", "Socket.IO": "SocketPatient"}
PATIENCE = 60  # seconds for an answer, whoever is asked and however often
SECONDS_TO_END = PATIENCE + 10  # for the last answers
IDLE_SECONDS = 5.0
MARK = "the load begins or ends"
LAST_RESORT = "reply of last resort"


class LoadError(Exception):
    """No load could be made; the message says why."""


@dataclass(frozen=True)
class Target:
    """What is loaded.

    Attributes:
        name: As the protocol's: "ours" or another.
        url: Where it is reached.
        look: Tells what its processes use.
        metrics_urls: See `Service.metrics_urls`.
    """

    name: str
    url: str
    look: Callable[[], Use]
    metrics_urls: Sequence[str] = ()


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
        in milliseconds, processor time of a turn beyond what is used while nobody asks, and what
        the generator itself used.

    Raises:
        LoadError: If no load could be made.
    """
    if not LOCUST.exists():
        raise LoadError(f"{LOCUST} is missing: run scripts/load-tool")
    idle, steps = _idle_cores(target), []
    for number in users:
        failed = LastResorts(target.metrics_urls)
        found, used_s, rss_mb = _generate(target, over, number, seconds, skip, pace)
        figures = figures_of(found, used_s, idle, failed.count())
        steps.append({"users": number, "pace": pace, **figures, "rss_mb": rss_mb})
        skip += steps[-1]["sent"]
    return steps


def figures_of(found: dict[str, Any], used_s: float, idle: float, failed: int) -> dict[str, Any]:
    """What a step comes to.

    Args:
        found: As the patients wrote it down.
        used_s: Processor time of the server in the time of the load.
        idle: Cores that it uses while nobody asks.
        failed: Turns that got the last resort, which the patients took for answers.

    Raises:
        LoadError: If nobody said anything.
    """
    if not found["sent"]:
        raise LoadError("no patient said a message: nothing is known of such a load")
    times, in_time = found["seconds"], max(0, found["answered_in_time"] - failed)
    answered, took = max(0, found["answered"] - failed), found["took_s"]
    return {
        **{key: found[key] for key in ("sent", "took_s", "generator_cpu")},
        "answered": answered,
        "lost": found["sent"] - answered,  # those too that never came to an end
        "failures": {**found["failures"], **({LAST_RESORT: failed} if failed else {})},
        **(asdict(summarise(times)) if times else {}),
        "turns_per_s": in_time / took,
        "cpu_ms_of_a_turn": 1000 * max(0.0, used_s - idle * took) / max(1, in_time),
        "idle_cpu": idle,
    }


def _idle_cores(target: Target) -> float:
    before = target.look().cpu_s
    time.sleep(IDLE_SECONDS)
    return (target.look().cpu_s - before) / IDLE_SECONDS


def _generate(
    target: Target, over: str, users: int, seconds: int, skip: int, pace: float
) -> tuple[dict[str, Any], float, float]:
    """Runs locust; returns what it found, and the server's processor time and memory."""
    result, log = (ROOT / "build" / f"load.{suffix}" for suffix in ("json", "log"))
    result.parent.mkdir(exist_ok=True)
    result.unlink(missing_ok=True)
    command = [
        *(str(LOCUST), "-m", "locust", "-f", str(LOCUSTFILE), PATIENTS[over], "--headless"),
        *("--host", target.url, "--stop-timeout", str(SECONDS_TO_END)),
        *("--only-summary", "--loglevel", "WARNING"),
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LOAD_SERVICE": target.name,
        "LOAD_RESULT": str(result),
        "LOAD_MARK": MARK,
        "LOAD_PATIENCE": str(PATIENCE),
        "LOAD_USERS": str(users),
        "LOAD_SECONDS": str(seconds),
        "LOAD_SKIP": str(skip),
        "LOAD_PACE": str(pace),
    }
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as locust,
    ):
        limit = threading.Timer(seconds + 2 * SECONDS_TO_END, locust.kill)
        limit.daemon = True
        limit.start()
        assert locust.stdout is not None
        # Between its marks alone: what locust needs to start and to end is not the load's.
        uses = [target.look() for line in locust.stdout if line.strip() == MARK]
        limit.cancel()
    # Its exit status says whether a request failed: that is what is counted.
    if not result.is_file() or len(uses) != 2:
        raise LoadError(f"locust ended with {locust.returncode}: {tail(log)}")
    before, after = uses
    return json.loads(result.read_text()), after.cpu_s - before.cpu_s, after.rss_mb
