"""The worker's process: what it refuses to start with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.paths import ROOT


@pytest.mark.parametrize("settings", ["contacts: []", "contacts: [", None])
def test_a_worker_without_usable_settings_does_not_start(settings: str | None, state: Path):
    file = state / "escalation.yml"
    if settings is not None:
        file.write_text(settings)
    environment = {
        **os.environ,
        "ASSISTANT_ESCALATION": str(file),
        "ASSISTANT_DATABASE": f"sqlite:///{state / 'escalations.sqlite'}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "assistant.escalation.delivery.process"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith(f"The worker cannot start: {file}: ")
