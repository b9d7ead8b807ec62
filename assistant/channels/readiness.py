"""Whether this process can serve patients: what `/webhooks/web/ready` answers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import requests
from sqlalchemy.engine import Engine

from assistant.channels.patient import PatientDoor
from assistant.dialogue.screening import installed_screen
from assistant.escalation.delivery.process import worker_fault
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.hospital.health import is_used, queue_fault, server_fault
from assistant.escalation.store import EscalationStore
from assistant.escalation.worker import Worker
from assistant.web.console.settings import CONSOLE_HEALTH

T = TypeVar("T")

SECONDS_OF_AN_ANSWER = 1.0
TRACKER_SECONDS = 1.0
MODEL_PART, TRACKER_PART = "model", "tracker-store"
SCREEN_PART, WORKER_PART = "red-flag-screen", "escalation-worker"
HOSPITAL_PART, QUEUE_PART = "hospital-server", "hospital-queue"
CANARY = "my legs have gone numb since this morning"  # a screen that misses this is broken
WORKER_SECONDS = 1.0
CONSOLE_PART, CONSOLE_SECONDS = "staff-console", 1.0
SCREEN_SECONDS = 5.0  # a busy machine is no reason to take a replica from the patients

_tracker_worker = Worker("tracker-probe")
_escalation_worker = Worker("worker-probe")
_console_worker = Worker("console-probe")
_screen_worker = Worker("screen-probe", stuck_after=SCREEN_SECONDS)


class Shared(Generic[T]):
    """A probe whose answer is for all who ask while it runs and within a second after it.

    Anybody may ask, as often as they like: that must take nothing from the patients' turns.

    Args:
        probe: Asked with Rasa's agent.
    """

    def __init__(self, probe: Callable[[Any], Awaitable[T]]) -> None:
        self._probe = probe
        self._running: asyncio.Task[T] | None = None
        self._holds_until = 0.0

    async def __call__(self, agent: Any) -> T:
        """The answer; whoever hangs up stops it for nobody else."""
        if self._running is None or (
            self._running.done() and time.monotonic() >= self._holds_until
        ):
            self._running = asyncio.ensure_future(self._ask(agent))
        return await asyncio.shield(self._running)

    async def _ask(self, agent: Any) -> T:
        answer = await self._probe(agent)
        self._holds_until = time.monotonic() + SECONDS_OF_AN_ANSWER
        return answer


async def probe(agent: Any, door: PatientDoor) -> None:
    """Probes model, screen, escalation store, its worker, stored replies, trackers and console.

    `door.health` tells what was found.

    Args:
        agent: Rasa's agent, None where there is none yet.
        door: The channel whose stores and faults are looked at.
    """
    loaded = agent is not None and agent.is_ready()
    _note(door, MODEL_PART, None if loaded else "no model is loaded")
    await door.check()
    _note(door, SCREEN_PART, await _screen_fault() if loaded else None)
    _note(door, WORKER_PART, await _asked(door, worker_fault))
    if CONSOLE_HEALTH in os.environ:
        _note(door, CONSOLE_PART, await _console_fault(os.environ[CONSOLE_HEALTH]))
    if load_settings().fhir_servers or await _has_hospital(door):
        _note(door, HOSPITAL_PART, await _asked(door, server_fault))
        _note(door, QUEUE_PART, await _asked(door, queue_fault))
    if loaded:
        _note(door, TRACKER_PART, await _tracker_fault(agent.tracker_store))


async def process_faults(agent: Any) -> dict[str, str]:
    """What keeps this very process from answering, whatever the stores do: mostly nothing."""
    if agent is None or not agent.is_ready():
        return {MODEL_PART: "no model is loaded"}
    fault = await _screen_fault()
    return {SCREEN_PART: fault} if fault else {}


def _note(door: PatientDoor, part: str, fault: str | None) -> None:
    if fault is None:
        door.health.recover(part)
    else:
        door.health.fail(part, fault)


async def _screen_fault() -> str | None:
    """What is wrong with the red-flag screen, or None."""
    return await _fault(_screen_worker, _screened_canary, SCREEN_SECONDS)


def _screened_canary() -> str | None:
    screen = installed_screen()
    if screen is None:
        return "no screen is loaded"
    try:
        found = screen.screen(CANARY)
    except Exception as error:  # noqa: BLE001 - a probe reports, it does not raise
        return type(error).__name__
    if found.failed:
        return f"failed: {', '.join(found.failed)}"
    return None if found.priority == "page" else "it misses a plain emergency"


async def _has_hospital(door: PatientDoor) -> bool:
    """Whether a hospital's own messaging has ever been used; False where nobody can tell."""
    try:
        return await _escalation_worker.run(lambda: is_used(door.recorder.store), WORKER_SECONDS)
    except Exception:  # noqa: BLE001 - the store's own part says what is wrong
        return False


async def _asked(door: PatientDoor, fault: Callable[[EscalationStore], str | None]) -> str | None:
    """What a look into the escalation store finds wrong, or None."""
    return await _fault(_escalation_worker, lambda: fault(door.recorder.store), WORKER_SECONDS)


async def _fault(worker: Worker, find: Callable[[], str | None], seconds: float) -> str | None:
    try:
        return await worker.run(find, seconds)
    except asyncio.TimeoutError:
        return f"no answer within {seconds} s"
    except Exception as error:  # noqa: BLE001 - a probe reports, it does not raise
        return str(error)


async def _console_fault(address: str) -> str | None:
    """Why staff cannot open their console, or None."""
    try:
        await _console_worker.run(lambda: _ask(address), CONSOLE_SECONDS * 2)
    except asyncio.TimeoutError:
        return f"no answer within {CONSOLE_SECONDS * 2} s"
    except Exception as error:  # noqa: BLE001 - a probe reports, it does not raise
        return f"does not answer: {type(error).__name__}"
    return None


def _ask(address: str) -> None:
    session = requests.Session()
    session.trust_env = False  # never through a proxy of the environment
    session.get(address, timeout=CONSOLE_SECONDS).raise_for_status()


async def _tracker_fault(store: Any) -> str | None:
    """Why conversations cannot be saved, or None.

    Rasa's wrapper falls back to memory when its store fails, and says so only in the log: the
    database under it is asked.
    """
    engine = getattr(getattr(store, "_tracker_store", store), "engine", None)
    if not isinstance(engine, Engine):
        return None
    try:
        await _tracker_worker.run(lambda: _probe(engine), TRACKER_SECONDS)
    except asyncio.TimeoutError:
        return f"no answer within {TRACKER_SECONDS} s"
    except Exception as error:  # noqa: BLE001 - a probe reports, it does not raise
        return f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
    return None


def _probe(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        return
    # Below SQLAlchemy, which would commit a CREATE by itself.
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("CREATE TABLE readiness_probe (id INTEGER)")
    finally:
        raw.rollback()
        raw.close()
