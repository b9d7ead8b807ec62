"""Keeps a helper process running: one that ends is started again."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any

from assistant.paths import ROOT

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before it is started again, doubled each time
SECONDS_TO_STOP = 10.0


class Supervised:
    """A process beside ours, started again whenever it ends.

    Args:
        module: What `python -m` runs.
        environment: Of the process.
        output: Takes what it says on standard output; None for the terminal.
        errors: Takes what it says on standard error.
        arguments: Of the module.
        seconds_to_stop: How long it has to end in order.
    """

    def __init__(
        self,
        module: str,
        environment: Mapping[str, str],
        output: IO[Any] | None,
        errors: IO[Any],
        arguments: Sequence[str] = (),
        seconds_to_stop: float = SECONDS_TO_STOP,
    ) -> None:
        self._seconds_to_stop = seconds_to_stop
        self._module = module
        self._command: Sequence[str] = [sys.executable, "-m", module, *arguments]
        self._environment = dict(environment)
        self._output, self._errors = output, errors
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, daemon=True)
        self.process = self._start()
        self._thread.start()

    def stop(self) -> None:
        """Ends the process, by force if it does not listen."""
        self._stopping.set()
        self.process.terminate()
        self._thread.join(self._seconds_to_stop)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environment,
            stdout=self._output,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C reaches us, and we stop it in order
        )

    def _keep_running(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            code = self.process.wait()
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE  # it had worked: what ended it is something new
            if self._stopping.wait(pause):
                return
            logger.error("%s ended with %s and is started again.", self._module, code)
            pause = min(LONGEST_PAUSE, pause * 2)
            try:
                self.process = self._start()
            except OSError as error:  # no memory, no processes: the next time
                logger.error("%s cannot be started: %s", self._module, error)
            if self._stopping.is_set():  # asked to stop in this very moment
                self.process.terminate()
