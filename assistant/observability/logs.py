"""Structured logs: one JSON object a line, for each process, with the ids of the turn.

`ASSISTANT_LOG=json` switches them on. Patients' words are taken out of both forms by
`assistant.observability.privacy`.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from assistant.observability.privacy import guard_records, rendered, scrub

SETTING = "ASSISTANT_LOG"
FORMS = ("text", "json")
TEXT_FORM = "%(asctime)s %(levelname)s %(message)s"
FIELDS = "fields"  # attribute of a record that holds a structured event's fields

_ids: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default={})  # noqa: B039 - never changed


class LogError(Exception):
    """Logs cannot be written so; the message says what is allowed."""


def is_json() -> bool:
    """Whether the site wants JSON.

    Raises:
        LogError: If `ASSISTANT_LOG` is neither text nor json.
    """
    given = os.environ.get(SETTING) or "text"
    if given not in FORMS:
        raise LogError(f"{SETTING}={given}: allowed are {', '.join(FORMS)}")
    return given == "json"


def configure_logs(level: int = logging.WARNING) -> None:
    """Sets up the logs of a process of ours that is not Rasa's.

    Args:
        level: From which on lines are written.

    Raises:
        LogError: If `ASSISTANT_LOG` is neither text nor json.
    """
    if is_json():
        write_json(level)
    else:
        logging.basicConfig(stream=sys.stderr, level=level, format=TEXT_FORM)
        guard_records()


def write_json(level: int | None = None) -> None:
    """Makes all that this process says JSON: its log, warnings, exceptions, and plain prints.

    Args:
        level: From which on lines are written; None leaves that to others.
    """
    guard_records()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.lastResort = handler  # of loggers that hand nothing on, as Sanic's
    if level is not None:
        root.setLevel(level)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # what cannot be written would be logged, and so on
    for name in ("stdout", "stderr"):
        logging.getLogger(name).setLevel(logging.INFO)
    sys.stdout = _Lines("stdout", logging.INFO, 1)
    sys.stderr = _Lines("stderr", logging.WARNING, 2)
    sys.excepthook = _say_uncaught
    threading.excepthook = _say_uncaught_of_thread


def note_ids(**ids: str) -> None:
    """Names what the present task is about: each of its lines in JSON says so.

    Args:
        ids: For example `conversation` and `message_id`; never a name or words.
    """
    _ids.set({**_ids.get(), **ids})


class JsonFormatter(logging.Formatter):
    """A record as one line: time, level, logger, message, then ids, fields and exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line; it never raises, for whoever logs must go on."""
        at = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        try:
            line |= {"message": scrub(record.getMessage()), **_ids.get()}
            fields = getattr(record, FIELDS, {})
            line |= {key: _clean(value) for key, value in fields.items() if key not in line}
            if record.exc_text:
                line["exception"] = record.exc_text
            elif record.exc_info and record.exc_info[0] is not None:
                line["exception"] = rendered(record.exc_info).rstrip("\n")
            if record.stack_info:
                line["stack"] = scrub(record.stack_info)
            return json.dumps(line, ensure_ascii=False)
        except Exception as error:  # noqa: BLE001 - a line that cannot be written says so
            line["message"] = f"a log line could not be written: {type(error).__name__}"
            return json.dumps({key: line[key] for key in ("time", "level", "logger", "message")})


def _clean(value: Any) -> Any:
    """A field's value as JSON, without patients' words."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {scrub(str(key)): _clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(one) for one in value]
    return scrub(str(value))


class _Lines(io.TextIOBase):
    """Takes what is printed, and logs each line."""

    def __init__(self, name: str, level: int, file: int) -> None:
        self._logger = logging.getLogger(name)
        self._file = file
        self._level = level
        self._begun = threading.local()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file

    def write(self, text: str) -> int:
        *lines, self._begun.text = (getattr(self._begun, "text", "") + text).split("\n")
        for line in lines:
            if line.strip():
                self._logger.log(self._level, "%s", line)
        return len(text)

    def flush(self) -> None:
        """Nothing waits but a line that is not complete."""


def _say_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    known = (kind, error or kind(), trace)
    logging.getLogger("uncaught").critical("The process failed: %s", kind.__name__, exc_info=known)


def _say_uncaught_of_thread(given: threading.ExceptHookArgs) -> None:
    if not issubclass(given.exc_type, SystemExit):
        _say_uncaught(given.exc_type, given.exc_value, given.exc_traceback)
