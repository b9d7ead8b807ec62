"""The worker: routes, passes on and delivers until it is told to stop.

Run as `python -m assistant.escalation.delivery.process`; `make run` does. Several may run at once.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from assistant.escalation.delivery.deliverer import Deliverer
from assistant.escalation.delivery.notify import Send, send
from assistant.escalation.delivery.routing import Router
from assistant.escalation.duty.rota import on_duty
from assistant.escalation.duty.settings import (
    Settings,
    SettingsError,
    load_settings,
    read_settings,
    settings_fault,
)
from assistant.escalation.hospital.outgoing import Sender
from assistant.escalation.store import EscalationStore, EscalationStoreError, patient_store
from assistant.escalation.tables import worker_table
from assistant.escalation.take_over import TakeOvers
from assistant.escalation.times import now, utc
from assistant.observability.exposition import MetricsError
from assistant.observability.logs import LogError, configure_logs
from assistant.profile import ProfileError, read_profile

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_MAIL = 0.1  # a patient waits for it
SECONDS_AFTER_A_FAULT = 2.0
ALIVE_WITHIN = timedelta(seconds=15)  # a sign of life that is older is none
FORGOTTEN_AFTER = timedelta(days=1)
HEARTBEAT = timedelta(seconds=3)


class Worker:
    """One worker: three threads, so that no slow target delays a case and no case a patient.

    One routes, one delivers to staff, one sends to hospitals' own messaging.

    Args:
        store: The escalation store.
        send: Hands a notification to a target.
        clock: Gives the present moment.
    """

    def __init__(
        self,
        store: EscalationStore,
        send: Send = send,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._store = store
        self._clock = clock
        self._router = Router(store, self.name)
        self._deliverer = Deliverer(store, self.name, send)
        self._sender = Sender(store, self.name)
        self._take_overs = TakeOvers(store)
        self._stopping = threading.Event()
        self._started = clock()
        self._seen: datetime | None = None
        self._said: str | None = None
        self._faults: dict[str, str] = {}  # of each loop, while it fails

    def step(self) -> None:
        """Does all that is due now, once; for tests and for sites with their own scheduler.

        Raises:
            EscalationStoreError: If the store failed.
        """
        self._route()
        self._deliver()
        self._send_mail()

    def run(self) -> None:
        """Works until `stop`; a store that fails is tried again."""
        beside = [
            threading.Thread(target=self._repeat, args=(work, pause), daemon=True)
            for work, pause in (
                (self._deliver, SECONDS_BETWEEN_LOOKS),
                (self._send_mail, SECONDS_BETWEEN_MAIL),
            )
        ]
        for thread in beside:
            thread.start()
        self._repeat(self._route, SECONDS_BETWEEN_LOOKS)
        for thread in beside:
            thread.join()
        self._sign_off()

    def stop(self) -> None:
        """Ends `run` after what is under way."""
        self._stopping.set()

    def _repeat(self, work: Callable[[], None], seconds: float) -> None:
        while not self._stopping.is_set():
            pause = seconds
            try:
                work()
                self._faults.pop(work.__name__, None)
            except EscalationStoreError as error:
                pause = SECONDS_AFTER_A_FAULT
                self._faults[work.__name__] = str(error)
                logger.error("Cases wait until the store works: %s", error)
            except Exception as error:
                pause = SECONDS_AFTER_A_FAULT
                self._faults[work.__name__] = type(error).__name__
                logger.exception("The worker failed and tries again.")
            self._stopping.wait(pause)

    def _route(self) -> None:
        settings, at = load_settings(), self._clock()
        self._give_sign(settings, at)
        self._router.pass_on(settings, at)
        self._router.route(settings, at)
        self._take_overs.end_forgotten(settings.take_over_within, at)

    def _deliver(self) -> None:
        while self._deliverer.deliver(load_settings(), self._clock):
            pass  # more may be due

    def _send_mail(self) -> None:
        while self._sender.send(load_settings(), self._clock):
            pass  # the next of each conversation may be due

    def _give_sign(self, settings: Settings, at: datetime) -> None:
        if self._seen is not None and timedelta() <= at - self._seen < HEARTBEAT:
            return
        fault = self._fault(settings, at)
        if fault != self._said and fault is not None:
            logger.critical("Escalations reach nobody as they should: %s", fault)
        self._said = fault
        with self._store.transaction("give a sign of life") as connection:
            connection.execute(delete(worker_table).where(worker_table.c.name == self.name))
            old = utc(at - FORGOTTEN_AFTER)
            connection.execute(delete(worker_table).where(worker_table.c.seen_at < old))
            connection.execute(
                insert(worker_table).values(
                    name=self.name,
                    started_at=utc(self._started),
                    seen_at=utc(at),
                    fault=fault and fault[:500],
                    stopped=False,
                )
            )
        self._seen = at

    def _fault(self, settings: Settings, at: datetime) -> str | None:
        """What keeps escalations from people, as far as this worker knows."""
        if settings_fault() or self._faults:
            return settings_fault() or "; ".join(self._faults.values())
        return None if on_duty(settings, at) else "nobody is on duty"

    def _sign_off(self) -> None:
        try:
            with self._store.transaction("sign off") as connection:
                own = update(worker_table).where(worker_table.c.name == self.name)
                connection.execute(own.values(stopped=True))
        except EscalationStoreError as error:
            logger.warning("%s", error)


def worker_fault(store: EscalationStore, at: datetime | None = None) -> str | None:
    """What keeps escalations from reaching people, or None.

    Args:
        store: The escalation store.
        at: The present moment; by default now.

    Raises:
        EscalationStoreError: If the store could not be read.
    """
    since = utc((at or now()) - ALIVE_WITHIN)
    alive = select(worker_table.c.fault).where(
        worker_table.c.stopped.is_(False), worker_table.c.seen_at >= since
    )
    with store.reading("look for workers") as connection:
        faults = connection.execute(alive).scalars().all()
    if not faults:
        return f"no worker has given a sign of life for {ALIVE_WITHIN.seconds} s; start one"
    return next((fault for fault in faults if fault), None)


def main() -> None:
    """Runs a worker until it is told to stop."""
    from assistant.escalation.metrics import serve_store_metrics  # it looks for signs of life

    try:
        configure_logs()
        read_profile()
        read_settings()  # without them it would begin, and tell this terminal alone
        serve_store_metrics("ASSISTANT_WORKER_METRICS")
        worker = Worker(patient_store())
    except (LogError, MetricsError, ProfileError, SettingsError) as error:
        sys.exit(f"The worker cannot start: {error}")
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: worker.stop())
    worker.run()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)  # Python would wait for the threads of targets that hang


if __name__ == "__main__":
    main()
