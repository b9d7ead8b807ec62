"""The server that the tests share, as a service of the benchmark."""

from __future__ import annotations

from assistant.benchmarks.serving.services import Ours


class Running(Ours):
    """Runs already, and runs on."""

    url = ""

    def __init__(self, server) -> None:
        self.url, self.folder, self.server = server.url, server.state, server
