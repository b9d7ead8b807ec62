"""The escalation settings of a site with three contacts, each with a webhook of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml
from receiver import SECRET, Receiver

CONTACTS = ("nurse", "registrar", "consultant")


def write_settings(folder: Path, receivers: Sequence[Receiver], **more: object) -> Path:
    """Writes `escalation.yml` of the site; returns the file."""
    everybody = list(CONTACTS[: len(receivers)])
    settings = {
        "time_zone": "UTC",
        "contacts": {
            contact: {"name": contact, "notify": [f"webhook:{contact}"]} for contact in everybody
        },
        "webhooks": {
            contact: {"url": receiver.url, "secret": SECRET}
            for contact, receiver in zip(everybody, receivers, strict=True)
        },
        "on_duty": {"office": everybody, "out_of_hours": everybody},
        **more,
    }
    file = folder / "escalation.yml"
    file.write_text(yaml.safe_dump(settings))
    return file
