"""Runs blocking work in one thread under a deadline: a hung disk costs one thread, not hundreds."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

WAITING = 256
STUCK_SECONDS = 2.0


class WorkerBusyError(Exception):
    """The worker is stuck or has too much to do; the job was not taken."""


class Worker:
    """One daemon thread with a bounded queue, started when first used.

    A job that misses its deadline is not cancelled: it is finished when the disk comes back. While
    one job hangs, new ones are refused at once, so that callers do not wait for nothing.

    Args:
        name: The thread's name.
        stuck_after: Seconds after which the running job counts as hung.
    """

    def __init__(self, name: str, stuck_after: float = STUCK_SECONDS) -> None:
        self._name = name
        self._stuck_after = stuck_after
        self._lock = threading.Lock()
        self._process: int | None = None
        self._jobs: queue.Queue[tuple[Callable[[], Any], Future[Any]]]
        self._running_since: float | None = None

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Takes a job.

        Raises:
            WorkerBusyError: If the worker is stuck or its queue is full.
        """
        with self._lock:
            if self._process != os.getpid():  # a forked server process has no thread yet
                self._jobs = queue.Queue(WAITING)
                self._running_since = None
                self._process = os.getpid()
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        since = self._running_since
        if since is not None and time.monotonic() - since > self._stuck_after:
            raise WorkerBusyError(
                f"{self._name}: a job has hung for {time.monotonic() - since:.0f} s"
            )
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((job, future))
        except queue.Full:
            raise WorkerBusyError(f"{self._name}: {WAITING} jobs are waiting") from None
        return future

    async def run(self, job: Callable[[], T], seconds: float) -> T:
        """Runs a job and waits for it, at most `seconds`.

        Raises:
            WorkerBusyError: If the job was not taken.
            asyncio.TimeoutError: If it takes longer; it goes on in its thread.
            Exception: What the job raised.
        """
        waiting = asyncio.wrap_future(self.submit(job))
        # A failure after the deadline has no reader; asyncio would log it with its traceback.
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.wait_for(asyncio.shield(waiting), seconds)

    def _run(self) -> None:
        jobs = self._jobs
        while True:
            job, future = jobs.get()
            self._running_since = time.monotonic()
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                future.set_exception(error)
            finally:
                self._running_since = None
