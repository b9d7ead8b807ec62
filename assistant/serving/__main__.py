"""Serves a model as `rasa run` does: `python -m assistant.serving --model models/assistant.tar.gz`.

The same server, channels and endpoints; what differs is in the files beside this one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.serving import stand_ins
from assistant.serving.logs import begin_logs, configure_rasa_logs

Listener = tuple[Callable[..., Any], str]  # and Sanic's name of the moment


def serve(arguments: Sequence[str], listeners: Sequence[Listener] = ()) -> None:
    """Serves until it is told to end.

    Args:
        arguments: Of the command line.
        listeners: Called by the server, for example before it stops.

    Raises:
        SystemExit: If an argument is wrong, or Rasa cannot start.
    """
    given = _read(arguments)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    # As Rasa does: endpoints.yml names the package of the actions.
    sys.path.insert(1, str(Path.cwd()))
    begin_logs()
    stand_ins.install()

    # Imported here: what is stood in for must not be imported before.
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints
    from rasa.shared.exceptions import RasaException

    from assistant.serving import graph
    from assistant.serving.warming import warm

    configure_rasa_logs()
    graph.install()
    load_agent = rasa.core.run.load_agent_on_start

    async def load_and_warm(*loading: Any) -> Any:
        agent = await load_agent(*loading)
        await warm(agent)
        return agent

    rasa.core.run.load_agent_on_start = load_and_warm  # type: ignore[assignment]
    try:
        rasa.core.run.serve_application(
            model_path=given.model,
            interface=given.interface,
            port=given.port,
            credentials=given.credentials,
            endpoints=AvailableEndpoints.read_endpoints(given.endpoints),
            enable_api=False,
            server_listeners=list(listeners),
        )
    except RasaException as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m assistant.serving", description=__doc__)
    parser.add_argument("--model", required=True, help="the model archive")
    parser.add_argument("-i", "--interface", default="127.0.0.1", help="address to listen on")
    parser.add_argument("-p", "--port", type=int, default=5005)
    parser.add_argument("--endpoints", default="endpoints.yml")
    parser.add_argument("--credentials", default="credentials.yml")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    serve(sys.argv[1:])
