"""Serves the staff console: `python -m assistant.web.console`; `make run` starts it."""

from __future__ import annotations

import sys

from waitress import create_server

from assistant.escalation.duty.settings import SettingsError
from assistant.escalation.metrics import serve_store_metrics
from assistant.escalation.store import patient_store
from assistant.observability.exposition import MetricsError
from assistant.observability.logs import LogError, configure_logs
from assistant.profile import ProfileError, read_profile
from assistant.web.console.app import create_app
from assistant.web.console.settings import ConsoleError, console_settings

THREADS = 8
SECONDS_OF_A_CONNECTION = 60


def main() -> None:
    """Serves until it is told to stop."""
    try:
        configure_logs()
        read_profile()
        serve_store_metrics("ASSISTANT_CONSOLE_METRICS")
        settings = console_settings()
        app = create_app(patient_store(), settings)
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            channel_timeout=SECONDS_OF_A_CONNECTION,
            ident=None,
            asyncore_use_poll=True,  # as in `serve_metrics`
        )
    except (ConsoleError, LogError, MetricsError, ProfileError, SettingsError) as error:
        sys.exit(f"The console cannot start: {error}")
    except OSError as error:
        sys.exit(
            f"The console cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
            "stop what uses the port, or choose another one with CONSOLE_PORT=5007"
        )
    server.run()


if __name__ == "__main__":
    main()
