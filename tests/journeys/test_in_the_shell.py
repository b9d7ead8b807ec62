"""A tester's terminal, beside the assistant that serves and on the same stores."""

from __future__ import annotations

import subprocess
import sys

from whole import rows

from assistant.paths import ROOT

COUNT = "select count(*) from escalation"


def test_shell_shows_the_object_as_one_line_and_records(live_server):
    ((before,),) = rows(live_server.escalations, COUNT)
    done = subprocess.run(
        [sys.executable, "-m", "assistant.serve", "shell"],
        cwd=ROOT,
        env={**live_server.environment, "PYTHONPATH": "."},
        input="my legs have gone numb\nshould I stop my morphine\n/restart\n/stop\n",
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "[escalation page cord-compression present]" in done.stdout
    assert "[decline]" in done.stdout and "we start again" in done.stdout
    assert "Warning" not in done.stdout + done.stderr
    assert rows(live_server.escalations, COUNT) == [(before + 1,)]
