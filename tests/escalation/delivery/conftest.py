"""A site with two contacts, a clock that the test moves, a worker that notes what it sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest

from assistant.escalation.delivery.deliverer import Deliverer
from assistant.escalation.delivery.message import Notification
from assistant.escalation.delivery.routing import Router
from assistant.escalation.duty.settings import Settings
from assistant.escalation.escalation import Escalation, Recorded
from assistant.escalation.store import EscalationStore

FRIDAY = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)
SETTINGS = Settings.parse_obj(
    {
        "contacts": {
            "nurse": {"name": "Oncology nurse", "notify": ["pager:nurse"]},
            "registrar": {"name": "Registrar", "notify": ["pager:registrar", "mail:registrar"]},
        },
        "on_duty": {"office": ["nurse", "registrar"], "out_of_hours": []},
    }
)


@dataclass
class Site:
    """Everything behind a turn, with `at` as the present moment."""

    store: EscalationStore
    make: Callable[..., Escalation]
    at: datetime = FRIDAY
    settings: Settings = SETTINGS
    sent: list[tuple[str, Notification]] = field(default_factory=list)
    fault: Callable[[str], Exception | None] = lambda target: None

    def __post_init__(self) -> None:
        self.router = Router(self.store, "w1")
        self.deliverer = Deliverer(self.store, "w1", self._send)

    def say(self, **values: object) -> Recorded:
        """Records a message now."""
        return self.store.record(self.make(**{"recorded_at": self.at, **values}))

    def work(self, later: timedelta = timedelta()) -> list[str]:
        """Lets time pass and the worker work; returns to which targets it sent."""
        self.at += later
        before = len(self.sent)
        self.router.pass_on(self.settings, self.at)
        self.router.route(self.settings, self.at)
        while self.deliverer.deliver(self.settings, lambda: self.at):
            pass
        return sorted(target for target, _ in self.sent[before:])  # they are sent at once

    def _send(
        self, settings: Settings, target: str, notification: Notification, at: datetime
    ) -> None:
        fault = self.fault(target)
        if fault is not None:
            raise fault
        self.sent.append((target, notification))


@pytest.fixture
def site(store: EscalationStore, escalation: Callable[..., Escalation]) -> Site:
    """A site with its own store."""
    return Site(store, escalation)
