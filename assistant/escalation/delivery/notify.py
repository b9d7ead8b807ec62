"""Hands a notification to one target: the terminal, a signed webhook, or any URL of Apprise."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import datetime

from assistant.escalation.delivery.message import Notification
from assistant.escalation.delivery.webhook import WebhookError, post
from assistant.escalation.duty.settings import TERMINAL, WEBHOOK, Settings

# Apprise logs addresses, which hold passwords.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

Send = Callable[[Settings, str, Notification, datetime], None]


class NotifyError(Exception):
    """A target did not take a notification.

    Args:
        message: Why; without addresses, which hold passwords.
        permanent: Whether trying again alone will not help.
    """

    def __init__(self, message: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


def send(settings: Settings, target: str, notification: Notification, at: datetime) -> None:
    """Hands a notification to a target, once.

    Args:
        settings: Of the site, with the webhooks.
        target: "terminal", "webhook:<name>" or a URL of Apprise.
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
            raise NotifyError(f"the webhook {error}", error.permanent) from error
    else:
        _notify(target, notification)


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
