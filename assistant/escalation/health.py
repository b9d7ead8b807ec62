"""What of this process works: a registry that the readiness probe shows."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

logger = logging.getLogger(__name__)

WITHHELD = "the server's log says why"


@dataclass
class _Part:
    ok: bool
    reason: str | None
    since: datetime
    failures: int


class Health:
    """The parts of the process that failed or work, safe to use from any thread.

    >>> health = Health()
    >>> health.fail("escalation-store", "database is locked")
    >>> health.ready["ready"], health.ready["parts"]["escalation-store"]["failures"]
    (False, 1)
    >>> health.recover("escalation-store")
    >>> health.ready["ready"]
    True
    """

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}
        self._lock = threading.Lock()

    def fail(self, part: str, reason: str) -> None:
        """Marks a part as failed and counts it.

        Args:
            part: Its name, for example "escalation-store".
            reason: Ids and technical words only: it stands in the log, and is shown to the site.
        """
        with self._lock:
            now = datetime.now(timezone.utc)
            known = self._parts.setdefault(part, _Part(True, None, now, 0))
            if known.ok:
                known.since = now
            is_news = known.reason != reason
            known.ok, known.reason = False, reason
            known.failures += 1
        if is_news:
            logger.warning("Not ready: %s: %s", part, reason)

    def recover(self, part: str) -> None:
        """Marks a part as working; the count of its failures stays."""
        with self._lock:
            now = datetime.now(timezone.utc)
            known = self._parts.setdefault(part, _Part(True, None, now, 0))
            if not known.ok:
                known.ok, known.reason, known.since = True, None, now

    @property
    def ready(self) -> dict[str, Any]:
        """Whether all known parts work; each part with reason, since when and failures so far."""
        with self._lock:
            return {
                "ready": all(part.ok for part in self._parts.values()),
                "parts": {
                    name: {
                        "ok": part.ok,
                        "reason": part.reason,
                        "since": part.since.isoformat(timespec="seconds"),
                        "failures": part.failures,
                    }
                    for name, part in sorted(self._parts.items())
                },
            }


def withheld(state: dict[str, Any]) -> dict[str, Any]:
    """What strangers are told of `Health.ready`: reasons name hosts, users and files.

    >>> health = Health()
    >>> health.fail("escalation-store", "postgresql://joy@10.0.0.7: connection refused")
    >>> withheld(health.ready)["parts"]["escalation-store"]["reason"]
    "the server's log says why"
    """
    parts = {
        name: {**part, "reason": part["reason"] and WITHHELD}
        for name, part in state["parts"].items()
    }
    return {**state, "parts": parts}


HEALTH = Health()
"""The registry of this process."""
