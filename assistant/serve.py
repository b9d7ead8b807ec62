"""Trains when something changed, starts the assistant, waits until it is ready, and stops it.

Run as `python -m assistant.serve train|run|shell|replica`; Makefile and image do.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from assistant.escalation.duty.settings import SettingsError, load_settings, read_settings
from assistant.escalation.health import WITHHELD
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.faq.corpus import load_corpus
from assistant.faq.document import ContentError
from assistant.observability.exposition import credentials
from assistant.observability.logs import LogError, is_json
from assistant.paths import ROOT, state_folder
from assistant.profile import Profile, ProfileError, read_profile
from assistant.site import SiteError, load_site
from assistant.supervision import Supervised
from assistant.training import (
    MODELS,
    Built,
    TrainingError,
    rasa_environment,
    run_rasa,
    tail,
    train,
)
from assistant.web.console.accounts import Accounts
from assistant.web.console.settings import (
    CONSOLE_HEALTH,
    ConsoleError,
    console_settings,
    is_loopback,
)

SECONDS_TO_START = 180.0
SECONDS_TO_STOP = 30.0  # the turns under way are ended first
PAGE = "/webhooks/web/"
READY = "/webhooks/web/ready"
# Faults that pass while it starts; without a worker patients still get their advice.
STARTING = {
    "model:": SECONDS_TO_START,
    "escalation-worker: no worker": 20.0,
    "staff-console: does not answer": 20.0,
    # Asked by an address of the network, it does not say which.
    f"escalation-worker: {WITHHELD}": 20.0,
    f"staff-console: {WITHHELD}": 20.0,
}
WORKER = "assistant.escalation.delivery.process"
CONSOLE = "assistant.web.console"


class ServeError(Exception):
    """The assistant cannot be started; the message says what to do."""


REFUSED = (
    ServeError,
    TrainingError,
    SiteError,
    SettingsError,
    ContentError,
    ConsoleError,
    LogError,
    ProfileError,
)


class Server:
    """A running assistant, as a context: started on entering, stopped on leaving.

    Args:
        model: The model archive.
        host: Address to listen on. Any but loopback needs `ASSISTANT_TOKEN`.
        port: Port to listen on.
        environment: Settings beside the process's own (`ASSISTANT_STATE` and the like).
        credentials: File with the channels.
        log: Takes what server and worker say; by default a file in the state folder.
        terminal: Whether cases appear in this terminal.
        console: Whether the staff console runs beside it, as the environment says.
    """

    def __init__(
        self,
        model: Path,
        host: str = "127.0.0.1",
        port: int = 5005,
        environment: Mapping[str, str] | None = None,
        credentials: str = "credentials.yml",
        log: Path | None = None,
        terminal: bool = False,
        console: bool = False,
    ) -> None:
        require_token(host)
        self.host = host
        self.port = port
        self.url = f"http://{host}:{port}"
        self._log = log or state_folder() / "server.log"
        self._command = [sys.executable, "-m", *server_command(model, host, port, credentials)]
        self._environment = {**rasa_environment(), **(environment or {})}
        self._terminal = terminal
        self._console = console_settings() if console else None
        if self._console is not None:
            self._environment[CONSOLE_HEALTH] = self._console.health
        self.process: subprocess.Popen[bytes] | None = None
        self.worker: Supervised | None = None
        self.console: Supervised | None = None
        self.faults: list[str] = []

    def __enter__(self) -> Server:
        require_free(self.host, self.port, "PORT")
        if self._console is not None:
            require_free(self._console.host, self._console.port, "CONSOLE_PORT")
        with self._log.open("a") as output:
            self.worker = Supervised(
                WORKER, self._environment, None if self._terminal else output, output
            )
            if self._console is not None:
                self.console = Supervised(CONSOLE, self._environment, output, output)
            # A session of its own: Ctrl-C reaches us, and we stop it in order.
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        started = time.monotonic()
        ready = urllib.request.Request(self.url + READY, headers=credentials(self._environment))
        while time.monotonic() < started + SECONDS_TO_START:
            if self.process.poll() is not None:
                raise ServeError(f"The server ended; the end of {self._log}:\n{tail(self._log)}")
            try:
                with urllib.request.urlopen(ready, timeout=5):
                    return
            except urllib.error.HTTPError as error:
                # It serves: a broken store stops no advice, but whoever starts it must know.
                self.faults = _faults(error.read())
                if self.faults and not self._is_starting(time.monotonic() - started):
                    return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.2)
        raise ServeError(f"Not ready after {SECONDS_TO_START:.0f} s; see {self._log}")

    def _is_starting(self, seconds: float) -> bool:
        """Whether a fault is one that may still pass so many seconds after the start."""
        return any(
            fault.startswith(begin) and seconds < patience
            for fault in self.faults
            for begin, patience in STARTING.items()
        )

    def stop(self) -> None:
        """Ends server, worker and console, by force if they do not listen."""
        for helper in (self.console, self.worker):
            if helper is not None:
                helper.stop()
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run() -> None:
    """Starts the assistant and keeps it until Ctrl-C."""
    load_site()
    read_settings()
    is_json()
    model = train()
    host, port = os.environ.get("HOST", "127.0.0.1"), given_port()
    # A shell that starts us in the background has interrupts ignored: take them all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Starting the assistant ...", flush=True)
    with Server(model, host, port, terminal=True, console=True) as server:
        print(
            f"\nThe assistant is ready.\n"
            f"  Page: {server.url}{PAGE}\n"
            f"  REST: POST {server.url}/webhooks/rest/webhook\n"
            f"  Escalations: {reached()}\n"
            f"  Staff console: {_console()}\n"
            f"It is no medical device. {signed()}\n"
            "Ctrl-C stops it.",
            flush=True,
        )
        for fault in server.faults:
            print(f"NOT READY - {fault}", flush=True)
        assert server.process is not None
        code = server.process.wait()
        raise ServeError(f"The server ended with {code}; the end of its log:\n{tail(server._log)}")


def replica() -> None:
    """Becomes a server on the model that is there: one process of a container, no child of ours.

    Raises:
        ServeError: If the model is missing, or the address needs a token.
        ProfileError: If the environment names no profile that can run.
    """
    load_site()
    read_settings()
    host, port = os.environ.get("HOST", "127.0.0.1"), given_port()
    require_token(host)
    model = Built(MODELS).model
    if not model.is_file():
        raise ServeError(f"{model} is missing: train it (make train), or copy it there")
    command = [sys.executable, "-m", *server_command(model, host, port)]
    os.chdir(ROOT)
    os.execve(sys.executable, command, rasa_environment())


def server_command(
    model: Path,
    host: str,
    port: int,
    credentials: str = "credentials.yml",
    profile: Profile | None = None,
) -> list[str]:
    """What `python -m` runs to serve patients, by default in the environment's profile.

    Raises:
        ProfileError: If the environment names no profile that can run.
    """
    endpoints = (profile or read_profile()).endpoints
    files = ["--endpoints", endpoints, "--credentials", credentials]
    return ["assistant.serving", "--model", str(model), "-i", host, "-p", str(port), *files]


def require_token(host: str) -> None:
    """Refuses an address that others can reach, unless REST clients must send a token.

    Raises:
        ServeError: If `ASSISTANT_TOKEN` is missing.
    """
    if not is_loopback(host) and not os.environ.get("ASSISTANT_TOKEN"):
        raise ServeError(
            f"HOST={host} can be reached from outside: set ASSISTANT_TOKEN to a secret that "
            "REST clients must send, or leave HOST out"
        )


def shell() -> None:
    """Talks to the assistant in the terminal.

    Raises:
        ServeError: If Rasa's shell fails; its warnings and errors are in the log.
    """
    model = train()
    log = state_folder() / "shell.log"
    endpoints = read_profile().endpoints
    command = ["shell", "--quiet", "--model", str(model), "--endpoints", endpoints]
    # Rasa talks on standard output; a wall of its libraries' warnings goes to the other one.
    code = run_rasa(command, log, talks=True)
    if code != 0:
        raise ServeError(f"The shell ended with {code}; the end of {log}:\n{tail(log)}")


def signed() -> str:
    """How many answers clinicians have signed, in a sentence."""
    entries = load_corpus().entries.values()
    signed = sum(entry.review.state == "reviewed" for entry in entries)
    return f"Clinicians have signed {signed} of its {len(entries)} answers."


def reached() -> str:
    """Whom escalations reach, in a sentence."""
    if load_settings().reaches_people:
        return "as escalation.yml says; `make cases` lists them"
    return "shown here and by `make cases` alone: nobody is configured in escalation.yml"


def _console() -> str:
    settings = console_settings()
    try:
        accounts = Accounts(patient_store()).all()
        known = f"{len(accounts)} accounts" if accounts else "no account yet: see make staff-add"
    except EscalationStoreError:  # readiness says more; patients get their advice all the same
        known = "its accounts cannot be read"
    here = "" if settings.url else ", from this machine alone (CONSOLE_URL= opens it)"
    return f"{settings.shown} ({known}){here}"


def _faults(body: bytes) -> list[str]:
    try:
        parts = json.loads(body)["parts"].items()
    except (ValueError, KeyError):
        return []
    return [f"{name}: {part['reason']}" for name, part in parts if not part["ok"]]


def require_free(host: str, port: int, setting: str) -> None:
    """Refuses a port that somebody listens on.

    Raises:
        ServeError: If it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServeError(
                f"Cannot listen on {host}:{port} ({error.strerror}): stop what uses the port, or "
                f"choose another one with {setting}=5010 make run"
            ) from error


def given_port() -> int:
    """`PORT` of the environment, 5005 without.

    Raises:
        ServeError: If it is no port.
    """
    given = os.environ.get("PORT", "5005")
    if not given.isdigit() or not 1 <= int(given) <= 65535:
        raise ServeError(f"PORT={given}: must be a whole number from 1 to 65535")
    return int(given)


def main() -> None:
    """Runs one of `train`, `run`, `shell` and `replica`."""
    commands = {"train": train, "run": run, "shell": shell, "replica": replica}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(f"usage: python -m assistant.serve {'|'.join(commands)}")
    try:
        commands[sys.argv[1]]()
    except REFUSED as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped.")


if __name__ == "__main__":
    main()
