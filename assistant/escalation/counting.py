"""Counts what is recorded, whoever records it: a turn, the last resort, the journal's replay."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from assistant.escalation.escalation import PRIORITIES, Recorded, category_ids
from assistant.observability.metrics import ESCALATIONS, MENTIONS, one_of

Record = Callable[..., Recorded]


def counts_records(record: Record) -> Record:
    """Counts what `EscalationStore.record` newly records."""

    @functools.wraps(record)
    def record_and_count(*args: Any, **kwargs: Any) -> Recorded:
        recorded = record(*args, **kwargs)
        if recorded.is_new:
            _count(recorded)
        return recorded

    return record_and_count


def _count(recorded: Recorded) -> None:
    escalation = recorded.escalation
    priority = one_of(escalation.priority, PRIORITIES)
    ESCALATIONS.labels(priority).inc()
    for category in {one_of(name, category_ids()) for name in escalation.categories}:
        MENTIONS.labels(category, priority).inc()
