"""Keeps patients' words out of the log records of any process.

Two nets: phrases of messages that are known to quote words, and the texts of recent messages
themselves, wherever they appear. `assistant.channels.privacy` has the nets that Rasa needs beside.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections import deque
from typing import Any

WITHHELD = "[withheld]"

_QUOTING = (
    re.compile(r"(Failed to parse arguments in line ').*", re.DOTALL),
    re.compile(r"(\[parameters: ).*", re.DOTALL),
    re.compile(r"(\[SQL: ).*", re.DOTALL),
)
RECENT_TEXTS = 64
SHORTEST_WITHHELD = 8
MOST_PIECES = 50

_recent: deque[tuple[str, ...]] = deque(maxlen=RECENT_TEXTS)
_lock = threading.Lock()
_guarded = False


def withhold(text: str) -> None:
    """Notes a patient's text: it, its lines and its sentences no longer appear in any log."""
    pieces = {piece.strip() for piece in re.split(r"[.!?;\n]+", text)} | {text.strip()}
    written = set()
    for piece in sorted(pieces, key=len, reverse=True)[:MOST_PIECES]:
        if len(piece) >= SHORTEST_WITHHELD:
            for form in (piece, json.dumps(piece)[1:-1], repr(piece)[1:-1]):
                written.add(form)
    if written:
        with _lock:
            _recent.append(tuple(sorted(written, key=len, reverse=True)))


def scrub(text: str) -> str:
    """Takes known patients' words out of a text.

    >>> withhold("my secret ache came back")
    >>> scrub("could not handle 'my secret ache came back'")
    "could not handle '[withheld]'"
    """
    for pattern in _QUOTING:
        text = pattern.sub(lambda match: match[1] + WITHHELD, text)
    with _lock:
        recent = list(_recent)
    for forms in recent:
        for form in forms:
            if form in text:
                text = text.replace(form, WITHHELD)
    return text


def rendered(exception: Any) -> str:
    """The traceback of an exception, as `exc_info` of a log call has it."""
    if isinstance(exception, BaseException):
        exception = (type(exception), exception, exception.__traceback__)
    elif not isinstance(exception, tuple):
        exception = sys.exc_info()
    return scrub("".join(traceback.format_exception(*exception)))


def guard_records() -> None:
    """Scrubs each log record of the process as it is made; a second call changes nothing."""
    global _guarded
    if _guarded:
        return
    _guarded = True
    make = logging.getLogRecordFactory()

    def scrubbed(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            message = record.getMessage()
            clean = scrub(message)
            if clean != message:
                record.msg, record.args = clean, ()
            if record.exc_info and record.exc_info[0] is not None:
                # Formatters take a text that is there already, and handlers may not be ours.
                record.exc_text = rendered(record.exc_info).rstrip("\n")
        except Exception:  # noqa: BLE001 - a line that cannot be scrubbed is not printed
            record.msg, record.args = "a log line could not be scrubbed and is withheld", ()
            record.exc_info = record.exc_text = None
        return record

    logging.setLogRecordFactory(scrubbed)
