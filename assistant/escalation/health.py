"""What of this process works: a registry that the readiness probe shows."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any


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
            reason: Ids and technical words only: it is shown to whoever asks.
        """
        with self._lock:
            now = datetime.now(timezone.utc)
            known = self._parts.setdefault(part, _Part(True, None, now, 0))
            if known.ok:
                known.since = now
            known.ok, known.reason = False, reason
            known.failures += 1

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


HEALTH = Health()
"""The registry of this process."""
