"""Programs that are not ours: where they are, who runs them, and that they end with us."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # of Linux: a signal for when the parent ends
SECONDS_TO_STOP = 15.0


class ClusterError(Exception):
    """The cluster cannot be started; the message says what to do."""


def found(name: str, package: str, setting: str = "") -> Path:
    """A program of a Debian package.

    Raises:
        ClusterError: If it is not installed.
    """
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        other = f", or give a server that runs: {setting}" if setting else ""
        raise ClusterError(
            f"{name} is not installed: run scripts/{package} as root (Debian: 'sudo apt-get "
            f"install {package}'){other}"
        )
    return Path(path)


def owner(known_as: Sequence[str]) -> str | None:
    """Whom a program runs as that refuses root, or should not have its rights; None for us."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in known_as if name in known), None)


def identity(user: str | None) -> dict[str, Any]:
    """What `subprocess` needs to run something as another user, without a right of ours left."""
    if user is None:
        return {}
    known = pwd.getpwnam(user)
    return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}


def open_way(folder: Path, own: Path) -> None:
    """Where we are root: lets PostgreSQL and nginx, who are not, pass to what is theirs.

    Nobody reads more by it: folders can be passed, not listed, and files keep their modes.

    Args:
        folder: To which they must come.
        own: Above or the same, the last one that is ours to open.

    Raises:
        ClusterError: If a folder above is closed.
    """
    if os.geteuid() != 0:
        return
    for each in (folder, *folder.parents):
        mode = stat.S_IMODE(each.stat().st_mode)
        if mode & stat.S_IXOTH:
            continue
        if each != own and own not in each.parents:
            raise ClusterError(
                f"{each} is closed to the users whom PostgreSQL and nginx run as: set "
                "ASSISTANT_STATE to a folder that can be reached, or do not start as root"
            )
        each.chmod(mode | stat.S_IXOTH)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A server process of another project, in the foreground, that ends with us.

    Args:
        command: What to run.
        log: Takes what it says.
        is_up: Whether it answers; raises or returns False while it does not.
        user: Whom it runs as; None for us.
        ends_by: The signal that ends it in order.
        stdin: What it is given on standard input.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        is_up: Callable[[], bool],
        user: str | None = None,
        ends_by: signal.Signals = signal.SIGTERM,
        stdin: bytes = b"",
    ) -> None:
        self._command = command
        self._log = log
        self._is_up = is_up
        self._user = user
        self._ends_by = ends_by
        self._stdin = stdin
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 60.0) -> None:
        """Starts it and waits until it answers; after a `kill` it is the same server again.

        Raises:
            ClusterError: If it does not come up.
        """
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in self._command],
                **identity(self._user),
                cwd=self._log.parent,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us, and we stop it in order
                preexec_fn=_ends_with_us(self._ends_by),
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self._stdin)
        self.process.stdin.close()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            if _answers(self._is_up):
                return
            time.sleep(0.05)
        self.kill()
        said = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
        raise ClusterError(f"{self._command[0]} did not start; the end of {self._log}:\n{said}")

    def stop(self) -> None:
        """Ends it in order, by force if it does not listen."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self._ends_by)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def _answers(is_up: Callable[[], bool]) -> bool:
    try:
        return is_up()
    except Exception:  # noqa: BLE001 - not up yet, whatever the client says of it
        return False


def _ends_with_us(ends_by: signal.Signals) -> Callable[[], Any]:
    return lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ends_by)
