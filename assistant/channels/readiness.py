"""Whether this process can serve patients: what `/webhooks/web/ready` answers."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.engine import Engine

from assistant.channels.patient import PatientDoor
from assistant.escalation.worker import Worker

TRACKER_SECONDS = 1.0
MODEL_PART, TRACKER_PART = "model", "tracker-store"

_tracker_worker = Worker("tracker-probe")


async def readiness(agent: Any, door: PatientDoor) -> dict[str, Any]:
    """Probes model, escalation store and tracker store.

    Args:
        agent: Rasa's agent, None where there is none yet.
        door: The channel whose stores and faults are looked at.

    Returns:
        {"ready": bool, "parts": {part: {"ok", "reason", "since", "failures"}}}
    """
    loaded = agent is not None and agent.is_ready()
    _note(door, MODEL_PART, None if loaded else "no model is loaded")
    await door.recorder.check()
    if loaded:
        _note(door, TRACKER_PART, await _tracker_fault(agent.tracker_store))
    return door.health.ready


def _note(door: PatientDoor, part: str, fault: str | None) -> None:
    if fault is None:
        door.health.recover(part)
    else:
        door.health.fail(part, fault)


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
