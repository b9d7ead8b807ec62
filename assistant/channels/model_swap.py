"""Takes a newly published model into the running server, between two turns."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

from sanic import Sanic

from assistant.channels.gate import TurnGate
from assistant.dialogue.screening import install_screen, installed_screen
from assistant.publication import Serving, published_file, read_published, write_serving
from assistant.red_flags.advice import current_advice, install_advice

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_FOR_TURNS_TO_END = 5.0


def gate_of(app: Sanic) -> TurnGate:
    """The one gate of a server, through which the turns of all its channels go."""
    if not hasattr(app.ctx, "turn_gate"):
        app.ctx.turn_gate = TurnGate()
    return app.ctx.turn_gate  # type: ignore[no-any-return]


def watch_publications(app: Sanic) -> None:
    """Begins to watch for publications, once for a server."""
    if not hasattr(app.ctx, "publication_watch"):
        app.ctx.publication_watch = asyncio.ensure_future(_watch(app))


async def _watch(app: Sanic) -> None:
    file, seen = published_file(), _stamp(published_file())
    write_serving(Serving(os.getpid(), 0))
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        stamp = _stamp(file)
        agent = getattr(app.ctx, "agent", None)
        if stamp == seen or agent is None:
            continue
        number = 0
        try:
            published = read_published()
            if published is None:
                continue
            number = published.number
            await swap(agent, Path(published.model), gate_of(app))
            write_serving(Serving(os.getpid(), number))
            logger.warning("Publication %d is served.", number)
        except asyncio.TimeoutError:
            continue  # a turn was under way for too long: at the next look
        except Exception as error:
            logger.exception("The published model cannot be loaded, the one before stays.")
            write_serving(Serving(os.getpid(), number, f"{type(error).__name__}: {error}"))
        seen = stamp


async def swap(agent: Any, model: Path, gate: TurnGate) -> None:
    """Exchanges the model of Rasa's agent; conversations and locks stay.

    Turns that come meanwhile wait for the second or two that loading takes.

    Args:
        agent: The running agent.
        model: The archive to load.
        gate: Of the server.

    Raises:
        asyncio.TimeoutError: If turns under way do not end in time; nothing has changed then.
        Exception: Whatever loading raises; the model before goes on serving.
    """
    async with gate.closed(SECONDS_FOR_TURNS_TO_END):
        screen, advice = installed_screen(), current_advice()
        try:
            await asyncio.get_running_loop().run_in_executor(None, agent.load_model, model)
        except BaseException:
            if screen is not None:
                install_screen(screen)
                install_advice(advice)
            raise


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_ino
