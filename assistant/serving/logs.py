"""The logs of a serving process in the form that the site wants.

Rasa sets up its logs three times while it starts (logging, coloredlogs, structlog); with
`ASSISTANT_LOG=json` all of them end in our one handler, from the first warning of an import on.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from assistant.observability.logs import FIELDS, LogError, is_json, write_json


def begin_logs() -> None:
    """Before Rasa is imported, so that nothing is written in another form.

    Raises:
        SystemExit: If `ASSISTANT_LOG` is neither text nor json.
    """
    try:
        if is_json():
            write_json()
    except LogError as error:
        sys.exit(str(error))


def configure_rasa_logs() -> None:
    """Does what Rasa's command line does for its logs, and hands what writes to our handler."""
    from rasa.utils import io
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    if is_json():
        io.configure_colored_logging = _set_level  # whoever of Rasa's calls it once more
    configure_logging_and_warnings()
    io.configure_colored_logging(None)
    configure_structlog()
    if is_json():
        _hand_structlog_over()


def _set_level(level: Any) -> None:
    logging.getLogger().setLevel(level or os.environ.get("LOG_LEVEL", "INFO"))


def _hand_structlog_over() -> None:
    import structlog

    # In place: loggers that were used before hold this very list.
    processors = structlog.get_config()["processors"]
    rendering = (structlog.dev.ConsoleRenderer, structlog.processors.JSONRenderer)
    tracebacks = structlog.processors.dict_tracebacks
    kept = [one for one in processors if one is not tracebacks and not isinstance(one, rendering)]
    processors[:] = [*kept, _to_record]


def _to_record(_logger: Any, _method: str, event: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The last processor: an event becomes a call of `logging`, its fields go with the record."""
    message = str(event.pop("event", ""))
    event.pop("level", None)
    exception = event.pop("exc_info", None)
    return (message,), {"exc_info": exception, "extra": {FIELDS: event}}
