"""For tests that watch another process or thread: what they wait for comes when it comes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> None:
    """Waits for something to become true; the limit only guards against hanging."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def said_until_ready(running: subprocess.Popen) -> str:
    """All that a command prints until it tells how to stop it."""
    said = ""
    while "Ctrl-C" not in said:
        line = running.stdout.readline()
        assert line, said
        said += line
    return said
