"""Rasa and worker as they are, but mortal: they kill themselves at boundaries that a test names.

`python mortal.py rasa ARGUMENT ...` and `python mortal.py worker` wrap the functions of the
product at whose edges something becomes durable, and then call the product's own main. A file
`<when>-<what>` in the folder that `MORTAL` names is one death: whoever comes to that boundary
removes the file and kills its own process with SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

# What must have been written for a transaction to count: idle rounds write nothing.
WRITES = {
    "record": "INSERT INTO escalation ",
    "route": "INSERT INTO delivery ",
    "claim": "UPDATE delivery SET claimed_by",
    "mark": "UPDATE delivery SET state",
    "acknowledge": "UPDATE delivery SET link_used_at",
}
RASA = ("record", "acknowledge")
WORKER = ("route", "claim", "send", "mark")
WHENS = ("before", "after")

_doing = threading.local()


def die(when: str, what: str) -> None:
    """Kills this process if a test wants it here, once."""
    try:
        (Path(os.environ["MORTAL"]) / f"{when}-{what}").unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _transaction(owner: type, name: str, what: str) -> None:
    """Deaths before the commit of what a method writes, and after it."""
    method: Callable[..., Any] = getattr(owner, name)

    @wraps(method)
    def mortal(*arguments: Any, **named: Any) -> Any:
        _doing.what, _doing.wrote = what, False
        try:
            result = method(*arguments, **named)
            if _doing.wrote:
                die("after", what)
            return result
        finally:
            _doing.what = None

    setattr(owner, name, mortal)


def _watch_statements() -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        what = getattr(_doing, "what", None)
        if what and statement.startswith(WRITES[what]):
            _doing.wrote = True

    @event.listens_for(Engine, "commit")
    def commit(_connection: Any) -> None:
        if getattr(_doing, "what", None) and _doing.wrote:
            die("before", _doing.what)


def make_mortal() -> None:
    """Wraps all boundaries of this process."""
    from assistant.escalation.cases import CaseBook
    from assistant.escalation.delivery import deliverer, notify
    from assistant.escalation.delivery.routing import Router
    from assistant.escalation.store import EscalationStore

    _watch_statements()
    _transaction(EscalationStore, "record", "record")
    _transaction(Router, "route", "route")
    _transaction(deliverer.Deliverer, "claim", "claim")
    _transaction(deliverer.Deliverer, "_finish", "mark")
    _transaction(CaseBook, "use_link", "acknowledge")
    post = notify.post

    def mortal_post(*arguments: Any) -> None:
        die("before", "send")
        post(*arguments)
        die("after", "send")

    notify.post = mortal_post
    lease = os.environ.get("MORTAL_LEASE_SECONDS")
    if lease:  # else a dead worker's deliveries wait a minute for the next one
        deliverer.LEASE = timedelta(seconds=float(lease))


def rasa(arguments: list[str]) -> None:
    from rasa.__main__ import main

    sys.argv = ["rasa", *arguments]
    main()


def worker(_arguments: list[str]) -> None:
    from assistant.escalation.delivery.process import main

    main()


def run(what: str, arguments: list[str]) -> None:
    """Starts the process anew whenever it was killed, as systemd would; ends on SIGTERM.

    It is forked from one that has imported everything: that saves most of the seconds of a start.
    """
    import assistant.escalation.delivery.process

    if what == "rasa":
        import rasa.__main__
        import rasa.core.run

        import assistant.channels.rest
        import assistant.dialogue.policy
        import assistant.faq.component  # noqa: F401
    child = 0

    def end(*_: Any) -> None:
        os.kill(child, signal.SIGKILL)
        os._exit(0)

    while True:
        child = os.fork()
        if child == 0:
            make_mortal()
            {"rasa": rasa, "worker": worker}[what](arguments)
            os._exit(0)
        signal.signal(signal.SIGTERM, end)
        _, status = os.waitpid(child, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        print(f"{what} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
        if not os.WIFSIGNALED(status):
            os._exit(1)


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    run(sys.argv[1], sys.argv[2:])
