"""Hands a notification to one target: terminal, signed webhook, FHIR server, or Apprise's URL."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from assistant.escalation.delivery.message import Notification
from assistant.escalation.delivery.webhook import WebhookError, post
from assistant.escalation.duty.recipients import FHIR, TERMINAL, WEBHOOK
from assistant.escalation.duty.settings import Settings
from assistant.escalation.hospital.client import HospitalError, client_of
from assistant.escalation.hospital.resources import task

# Apprise logs addresses, which hold passwords.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

Send = Callable[[Settings, str, Notification, datetime], None]


class NotifyError(Exception):
    """A target did not take a notification.

    Args:
        message: Why; without addresses, which hold passwords.
        permanent: Whether trying again alone will not help.
        wait: How long the target asked us to wait.
    """

    def __init__(
        self, message: str, permanent: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.wait = wait


def send(settings: Settings, target: str, notification: Notification, at: datetime) -> None:
    """Hands a notification to a target, once.

    Args:
        settings: Of the site, with the webhooks.
        target: "terminal", "webhook:<name>", "fhir:<name>" or a URL of Apprise.
        notification: What to say.
        at: The present moment.

    Raises:
        NotifyError: If it was not taken.
    """
    if target == TERMINAL:
        _print(notification)
    elif target.startswith(WEBHOOK):
        webhook = settings.webhooks[target.removeprefix(WEBHOOK)]
        try:
            post(webhook, notification.key, notification.as_json, at)
        except WebhookError as error:
            raise NotifyError(f"the webhook {error}", error.permanent, error.wait) from error
    elif target.startswith(FHIR):
        _make_tasks(settings, target.removeprefix(FHIR), notification, at)
    else:
        _notify(target, notification)


def _make_tasks(settings: Settings, name: str, notification: Notification, at: datetime) -> None:
    server = settings.fhir_servers[name]
    try:
        for case in notification.cases:
            client_of(server).create(task(server, name, notification, case, at))
    except HospitalError as error:
        raise NotifyError(f"the hospital's server: {error}", error.permanent, error.wait) from error


def _print(notification: Notification) -> None:
    lines = [notification.title, *notification.body.splitlines()]
    framed = "\n".join(f"  ! {line}" for line in lines)
    sys.stdout.write(f"\n{framed}\n\n")
    sys.stdout.flush()


def _notify(url: str, notification: Notification) -> None:
    from apprise import Apprise  # a second to import, and only sites with such targets need it

    apprise = Apprise()
    kind = url.partition(":")[0]
    if not apprise.add(url):
        raise NotifyError(f"Apprise does not understand the {kind} address", permanent=True)
    if not apprise.notify(title=notification.title, body=notification.body):
        raise NotifyError(f"Apprise could not deliver by {kind}")
