"""What is compared: ours, the stock bot, a plain FAQ service, and the bare floor."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from assistant.benchmarks.serving import plain_faq_index
from assistant.benchmarks.serving.replies import is_turn
from assistant.benchmarks.serving.service import Command, Service
from assistant.cluster.programs import free_port
from assistant.paths import ROOT
from assistant.serve import Server
from assistant.training import rasa_environment

HERE = Path(__file__).parent
WITHOUT_LIMITS = {
    "messages_per_minute": 1_000_000,
    "messages_per_minute_of_address": 1_000_000,
    "sessions_per_minute_of_address": 1_000_000,
}


class Ours(Service):
    """The assistant as `make run` starts it, without the console: server and worker.

    Args:
        model: The model archive.
        folder: Becomes the state folder.
    """

    name = "ours"

    def __init__(self, model: Path, folder: Path) -> None:
        super().__init__(folder)
        credentials = yaml.safe_load((ROOT / "credentials.yml").read_text(encoding="utf-8"))
        # All load comes from one address, which a site would refuse.
        credentials["assistant.channels.web.WebInput"] = WITHOUT_LIMITS
        channels = folder / "credentials.yml"
        channels.write_text(yaml.safe_dump(credentials), encoding="utf-8")
        self.server = Server(
            model,
            port=self.port,
            environment={
                "ASSISTANT_STATE": str(folder),
                "TRACKER_DB": str(folder / "tracker.sqlite"),
            },
            credentials=str(channels),
            log=self.log,
        )

    @property
    def roots(self) -> list[int]:
        """Server and worker."""
        helpers = (self.server, self.server.worker)
        return [one.process.pid for one in helpers if one is not None and one.process is not None]

    @property
    def metrics_urls(self) -> list[str]:
        """The server's: a turn that fails as a whole gets the reply of last resort."""
        return [self.url]

    def body(self, conversation: str, text: str, message_id: str) -> dict[str, Any]:
        """With an id, as every client of ours sends one."""
        return {
            "sender": conversation,
            "message": text,
            "metadata": {"message_id": message_id},
        }

    def answers(self, reply: Any, message_id: str) -> bool:
        """Whether the turn's object comes first and names the message, with text behind it."""
        return is_turn(reply, message_id)

    def _start(self) -> None:
        self.server.__enter__()

    def _stop(self) -> None:
        self.server.stop()


class Stock(Command):
    """The bot of `config.stock.yml`, served by Rasa itself with Rasa's own channels.

    Args:
        model: The model archive.
        folder: Takes tracker and log.
    """

    name = "stock Rasa"

    def __init__(self, model: Path, folder: Path) -> None:
        super().__init__(folder)
        self._model = model
        self._endpoints = HERE / "stock" / "endpoints.yml"

    def commands(self) -> Sequence[Sequence[str]]:
        """`rasa run`."""
        return [
            [
                *("-m", "rasa", "run", "--model", str(self._model), "-i", "127.0.0.1"),
                *("-p", str(self.port), "--endpoints", str(self._endpoints)),
                *("--credentials", str(HERE / "stock" / "credentials.yml")),
            ]
        ]

    def environment(self) -> Mapping[str, str]:
        """As for ours: one thread for small products, few words in the log."""
        return {**rasa_environment(), "TRACKER_DB": str(self.folder / "tracker.sqlite")}


class StockWithActions(Stock):
    """The same with an action server beside it, which is how stock Rasa runs custom actions.

    Args:
        model: The model archive.
        folder: Takes tracker, log and what the actions write.
    """

    def __init__(self, model: Path, folder: Path) -> None:
        super().__init__(model, folder)
        self._actions_port = free_port()
        endpoints = yaml.safe_load(self._endpoints.read_text(encoding="utf-8"))
        endpoints["action_endpoint"] = {"url": f"http://127.0.0.1:{self._actions_port}/webhook"}
        self._endpoints = folder / "endpoints.yml"
        self._endpoints.write_text(yaml.safe_dump(endpoints), encoding="utf-8")

    def commands(self) -> Sequence[Sequence[str]]:
        """`rasa run` and an action server with our actions."""
        actions = ["-m", "rasa_sdk", "--actions", "actions", "--port", str(self._actions_port)]
        return [*super().commands(), actions]

    def environment(self) -> Mapping[str, str]:
        """The actions' stores lie in the folder, too."""
        here = {"ASSISTANT_STATE": str(self.folder), "SANIC_HOST": "127.0.0.1"}
        return {**super().environment(), **here}


class PlainFaq(Command):
    """sentence-transformers behind FastAPI and uvicorn, see `plain_faq`.

    Args:
        folder: Takes its log.
    """

    name = "plain FAQ service"
    path = "/ask"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._index, _ = plain_faq_index.current()

    def commands(self) -> Sequence[Sequence[str]]:
        """`uvicorn`."""
        return [
            [
                *("-m", "uvicorn", "assistant.benchmarks.serving.plain_faq:app", "--ws", "none"),
                *("--host", "127.0.0.1", "--port", str(self.port), "--no-access-log"),
            ]
        ]

    def environment(self) -> Mapping[str, str]:
        """Torch with its own number of threads: what it is best at."""
        return {"PLAIN_FAQ_INDEX": str(self._index), "OMP_NUM_THREADS": str(os.cpu_count() or 1)}


class Bare(Command):
    """A Sanic handler that answers at once, see `bare`."""

    name = "bare HTTP"

    def commands(self) -> Sequence[Sequence[str]]:
        """One process of Sanic."""
        return [["-m", "assistant.benchmarks.serving.bare", str(self.port)]]
