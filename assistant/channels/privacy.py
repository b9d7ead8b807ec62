"""Keeps patients' words out of logs and warnings: one place, installed once for the process.

Three nets, because Rasa logs texts in many ways: fields of structured events that are known to hold
words, phrases of plain messages that are known to quote them, and the texts of recent messages
themselves, wherever they appear.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections import deque
from collections.abc import MutableMapping
from typing import Any

import structlog

WITHHELD = "[withheld]"

# Rasa's own list of what must be anonymised (rasa.utils.log_utils), which it does only with a paid
# plug-in, and what it forgot.
FIELDS = frozenset(
    [
        "text",
        "response_text",
        "user_text",
        "slot_values",
        "parse_data_text",
        "parse_data_entities",
        "parse_data",
        "prediction_events",
        "tracker_latest_message",
        "prefilled_slots",
        "message",
        "response",
        "slot_candidates",
        "rasa_event",
        "rasa_events",
        "tracker_states",
        "current_states",
        "old_states",
        "successes",
        "current_entity",
        "next_entity",
        "states",
        "entity",
        "entities",
        "token_text",
        "user_message",
        "json_message",
        "metadata",
        "slots",
        "events",
        "latest_message",
    ]
)
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
_installed = False


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


def drop_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: withholds the fields that hold words, and scrubs the others."""
    exception = event.get("exc_info")
    if exception:
        # Rendered here: structlog's own rendering shows local variables.
        event["exc_info"] = False
        event["exception"] = _rendered(exception)
    for key, value in event.items():
        if key in FIELDS:
            event[key] = WITHHELD
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def _rendered(exception: Any) -> str:
    if isinstance(exception, BaseException):
        exception = (type(exception), exception, exception.__traceback__)
    elif not isinstance(exception, tuple):
        exception = sys.exc_info()
    return scrub("".join(traceback.format_exception(*exception)))


def install() -> None:
    """Installs the nets; a second call changes nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    _guard_records()
    _guard_structlog()
    _guard_warnings()


def _guard_records() -> None:
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
                record.exc_text = _rendered(record.exc_info).rstrip("\n")
        except Exception:  # noqa: BLE001 - a line that cannot be scrubbed is not printed
            record.msg, record.args = "a log line could not be scrubbed and is withheld", ()
            record.exc_info = record.exc_text = None
        return record

    logging.setLogRecordFactory(scrubbed)


def _guard_structlog() -> None:
    # Loggers that were used before hold this very list, so it is changed in place.
    processors = structlog.get_config()["processors"]
    processors.insert(0, drop_words)
    try:
        from rasa.utils import log_utils
    except ImportError:
        return
    # Rasa configures structlog anew for each command, beginning with its (empty) anonymiser.
    log_utils._anonymizer = drop_words  # type: ignore[assignment]


def _guard_warnings() -> None:
    try:
        import rasa.shared.utils.io as rasa_io
    except ImportError:
        return
    raise_warning = rasa_io.raise_warning

    def scrubbed_warning(message: str, *args: Any, **kwargs: Any) -> None:
        raise_warning(scrub(str(message)), *args, **kwargs)

    rasa_io.raise_warning = scrubbed_warning
