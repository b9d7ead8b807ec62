"""Our side in a process of its own that kills itself at a step that the test names."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

# (module, class, method): what is durable after each, and not yet before it.
STEPS = {
    "keep": ("assistant.escalation.hospital.inbox", "Inbox", "_take"),
    "claim": ("assistant.escalation.hospital.inbox", "Inbox", "claim"),
    "turn": ("assistant.channels.patient", "PatientDoor", "_turn"),
    "stored": ("assistant.escalation.replies", "ReplyStore", "put"),
    "finish": ("assistant.escalation.hospital.inbox", "Inbox", "_finish"),
    "claim-mail": ("assistant.escalation.hospital.outgoing", "Sender", "claim"),
    "send": ("assistant.escalation.hospital.client", "FhirClient", "create"),
    "mark": ("assistant.escalation.hospital.outgoing", "Sender", "_mark"),
}


def run(port: int, environment: dict[str, str], credentials: dict[str, Any], death: str) -> None:
    """Serves the channel and runs a worker until it is killed, or kills itself at `death`.

    Args:
        port: To listen on.
        environment: Of the site.
        credentials: Of the channel.
        death: "before turn", "after send" ...; "" for none.
    """
    os.environ.update(environment)
    from serving import ScriptedAssistant, serving

    from assistant.channels.fhir import FhirInput
    from assistant.escalation.delivery.process import Worker
    from assistant.escalation.hospital import inbox, outgoing
    from assistant.escalation.store import patient_store

    inbox.LEASE = outgoing.LEASE = timedelta(seconds=1)  # else a dead one's work waits a minute
    outgoing.FIRST_PAUSE = 0.1
    if death:
        _arm(*death.split())
    with serving([FhirInput.from_credentials(credentials)], ScriptedAssistant(), port=port):
        threading.Thread(target=Worker(patient_store()).run, daemon=True).start()
        while os.getppid() > 1:  # until the tests have ended
            time.sleep(0.2)


def _arm(when: str, what: str) -> None:
    import importlib

    module, owner, name = STEPS[what]
    place: Any = importlib.import_module(module)
    place = getattr(place, owner) if owner else place
    method: Callable[..., Any] = getattr(place, name)

    @wraps(method)
    def mortal(*arguments: Any) -> Any:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*arguments)
        if what not in ("claim", "claim-mail") or result:  # an idle look claims nothing
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    @wraps(method)
    async def mortal_turn(*arguments: Any) -> Any:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await method(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, mortal_turn if what == "turn" else mortal)
