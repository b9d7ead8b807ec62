"""Turns of ours that failed as a whole: to a client they look answered, the metrics tell."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterable
from http.client import HTTPException

from prometheus_client.parser import text_string_to_metric_families

from assistant.benchmarks.serving.service import ServiceError
from assistant.observability.exposition import credentials

SERIES = "assistant_last_resort_turns_total"
SECONDS = 30.0


class LastResorts:
    """Counts the turns that have got the last resort since it was made.

    Args:
        urls: Of the processes that answer; none for a service that has no such turns.

    Raises:
        ServiceError: If one does not tell.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self._before = {url: _told(url) for url in urls}

    def count(self) -> int:
        """How many there are by now.

        Raises:
            ServiceError: If one does not tell.
        """
        pairs = [(before, _told(url)) for url, before in self._before.items()]
        # A replica that was started again has counted from zero.
        return sum(now - before if now >= before else now for before, now in pairs)


def read_metrics(url: str) -> str:
    """What a process says of itself.

    Raises:
        OSError: If it says nothing.
    """
    request = urllib.request.Request(f"{url}/metrics", headers=credentials(os.environ))
    with urllib.request.urlopen(request, timeout=SECONDS) as said:
        return str(said.read().decode())


def _told(url: str) -> int:
    try:
        families = text_string_to_metric_families(read_metrics(url))
        counts = [one.value for it in families for one in it.samples if one.name == SERIES]
    except (OSError, HTTPException, ValueError) as error:
        raise ServiceError(f"{url}/metrics does not tell which turns failed: {error}") from error
    if not counts:  # all series begin at 0: this one has another name
        raise ServiceError(f"{url}/metrics has no {SERIES}, so which turns failed is not known")
    return int(sum(counts))
