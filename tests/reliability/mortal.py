"""Rasa and worker as they are, but mortal: they kill themselves at boundaries that a test names.

`python mortal.py FOLDER` starts a process for each file `<name>.json` in the folder, and starts it
anew whenever it was killed, as systemd would; without the file the process is killed. Processes
are forked from this one, which has imported everything: that saves most of a start's half minute.

Each wraps the functions of the product at whose edges something becomes durable, and then calls the
product's own main. A file `<when>-<what>` in the folder that `MORTAL` names is one death: whoever
comes to that boundary removes the file and kills its own process with SIGKILL.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import threading
import time
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
                if what == "record":
                    print(f"RECORDED {arguments[1].message_id} {time.time():.3f}", flush=True)
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


def be(what: str, environment: dict[str, str], arguments: list[str]) -> None:
    """Becomes Rasa or a worker, until it ends."""
    os.environ.update(environment)
    make_mortal()
    if what == "rasa":
        from rasa.__main__ import main

        sys.argv = ["rasa", *arguments]
        main()
    else:
        from assistant.escalation.delivery import process

        process.main()


def import_all() -> None:
    for module in (
        "rasa.__main__",
        "rasa.core.run",
        "assistant.channels.rest",
        "assistant.dialogue.policy",
        "assistant.escalation.delivery.process",
        "assistant.faq.component",
    ):
        importlib.import_module(module)


def keep(folder: Path) -> None:
    """Keeps the processes running that the folder names; `<name>.pid` tells which they are."""
    running: dict[str, int] = {}
    parent = os.getppid()
    while folder.is_dir():
        wanted = {file.stem: file for file in folder.glob("*.json")}
        if os.getppid() != parent:  # the tests were killed
            shutil.rmtree(folder)
            wanted = {}
        for name in running.keys() - wanted.keys():
            os.kill(running[name], signal.SIGKILL)
        for name, child in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                print(f"{name} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
                del running[name]
        for name in wanted.keys() - running.keys():
            given = json.loads(wanted[name].read_text())
            child = os.fork()
            if child == 0:
                be(**given)
                os._exit(0)
            running[name] = child
            (folder / f"{name}.pid").write_text(str(child))
        time.sleep(0.05)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    import_all()
    keep(Path(sys.argv[1]))
