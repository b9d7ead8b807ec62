"""Which model is published: a small file that editors' commands write and running servers watch."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.paths import state_folder


@dataclass(frozen=True)
class Published:
    """What should be served.

    Attributes:
        number: Of the publication.
        model: The model archive.
    """

    number: int
    model: str


@dataclass(frozen=True)
class Serving:
    """What one process serves.

    Attributes:
        pid: The process.
        number: Of the publication that it took last; 0 for what it was started with.
        fault: Why it could not take the newest one, and goes on with the one before.
    """

    pid: int
    number: int
    fault: str | None = None


def publications() -> Path:
    """The folder of all publications."""
    folder = state_folder() / "publications"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def published_file() -> Path:
    """The file that says what should be served."""
    return publications() / "current.json"


def read_published() -> Published | None:
    """What should be served, None before the first publication."""
    file = published_file()
    return Published(**json.loads(file.read_text())) if file.is_file() else None


def write_published(published: Published) -> None:
    """Says what should be served."""
    _write(published_file(), asdict(published))


def write_serving(serving: Serving) -> None:
    """Says what this process serves."""
    _write(publications() / f"serving-{serving.pid}.json", asdict(serving))


def read_serving() -> list[Serving]:
    """What each running process serves; files of processes that ended are removed."""
    found = []
    for file in publications().glob("serving-*.json"):
        serving = Serving(**json.loads(file.read_text()))
        if _is_alive(serving.pid):
            found.append(serving)
        else:
            file.unlink(missing_ok=True)
    return found


def _write(file: Path, content: dict[str, object]) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(json.dumps(content))
    beside.replace(file)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user
        return True
    return True
