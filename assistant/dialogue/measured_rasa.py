"""The stages of a turn that run in Rasa's own code: policies, its stores, its locks."""

from __future__ import annotations

from typing import Any

from rasa.core.lock_store import LockStore
from rasa.core.processor import MessageProcessor

from assistant.observability.stages import Stage, stage

MEASURED: tuple[tuple[type[Any], str, Stage], ...] = (
    (MessageProcessor, "predict_next_with_tracker_if_should", "policies"),
    (MessageProcessor, "get_tracker", "stores"),
    (MessageProcessor, "save_tracker", "stores"),
    (LockStore, "_acquire_lock", "wait"),
)

_installed = False


def install() -> None:
    """Measures Rasa's methods; a second call changes nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    for owner, name, measured in MEASURED:
        setattr(owner, name, stage(measured)(getattr(owner, name)))
