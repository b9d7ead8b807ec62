"""Keeps patients' words out of logs and warnings: one place, installed once for the process.

Three nets, because Rasa logs texts in many ways: fields of structured events that are known to hold
words, phrases of plain messages that are known to quote them, and the texts of recent messages
themselves, wherever they appear. The last two are `assistant.observability.privacy`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import structlog

from assistant.observability.privacy import WITHHELD, guard_records, rendered, scrub, withhold

__all__ = ["FIELDS", "WITHHELD", "drop_words", "install", "scrub", "withhold"]

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

_installed = False


def drop_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: withholds the fields that hold words, and scrubs the others."""
    exception = event.get("exc_info")
    if exception:
        # Rendered here: structlog's own rendering shows local variables.
        event["exc_info"] = False
        event["exception"] = rendered(exception)
    for key, value in event.items():
        if key in FIELDS:
            event[key] = WITHHELD
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def install() -> None:
    """Installs the nets; a second call changes nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    guard_records()
    _guard_structlog()
    _guard_warnings()


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
