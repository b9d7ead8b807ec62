"""A server in a process of its own whose turns take two seconds: `python slow_server.py PORT`."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from urllib.parse import urljoin

from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from serving import respond

from assistant.channels.rest import PatientRestInput
from assistant.channels.web import WebInput
from assistant.escalation.store import default_store
from assistant.paths import state_folder

FLAG = {
    "category": "cord-compression",
    "urgency": "emergency",
    "status": "present",
    "words": "numb",
}


async def answer(message: UserMessage) -> None:
    """Says by a file that the turn has begun, and takes its time."""
    (Path(state_folder()) / "begun").touch()
    await asyncio.sleep(2)
    flagged = {"red_flags": [FLAG], "urgency": "emergency", "priority": "page"}
    await respond(message, "escalation", "Call your emergency number now.", **flagged)


def main() -> None:
    """Serves until it is told to end."""
    default_store().check()
    importlib.import_module("assistant.red_flags.repetition")  # a record has a second
    app = Sanic("slow", configure_logging=False)
    app.ctx.agent = None
    for channel in (PatientRestInput(), WebInput()):
        prefix = urljoin("/webhooks/", channel.url_prefix())
        app.blueprint(channel.blueprint(answer), url_prefix=prefix)
    app.run("127.0.0.1", int(sys.argv[1]), access_log=False, motd=False)


if __name__ == "__main__":
    main()
