"""What was measured, a JSON file for each part, so that a run that was cut off goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from assistant.training import TRAINED_ON, digest

# What the figures depend on: beside what our model does, the stock bot, all that is asked, and how
# both are served.
MEASURED = (
    *TRAINED_ON,
    "config.stock.yml",
    "data/evaluation",
    "actions",
    "credentials.yml",
    "endpoints.yml",
    "endpoints.cluster.yml",
    "site.yml",
    "escalation.yml",
)


def source_of(stock: Path | None, names: tuple[str, ...] = MEASURED) -> str:
    """Fingerprint of all that is measured.

    Args:
        stock: The stock bot's model archive; None where it takes no part.
        names: Files and folders, relative to the repository.
    """
    peer = "none" if stock is None else hashlib.sha256(stock.read_bytes()).hexdigest()
    return f"{digest(names)}, stock: {peer}"


@dataclass(frozen=True)
class Results:
    """A folder of results.

    Attributes:
        folder: Made where it is missing.
    """

    folder: Path

    def is_current(self, part: str, source: str) -> bool:
        """Whether a part has been measured on this source.

        Args:
            part: Its name.
            source: Fingerprint of all that is measured.
        """
        known = self.read(part)
        return known is not None and known["source"] == source

    def write(
        self,
        part: str,
        source: str,
        data: dict[str, Any],
        seconds: float,
        load: float,
        commit: str,
    ) -> None:
        """Keeps what was measured.

        Args:
            part: Its name.
            source: Fingerprint of all that was measured.
            data: For JSON.
            seconds: How long it took.
            load: The machine's load average before it: above 0.5 others were at work.
            commit: What was checked out.
        """
        kept = {
            "source": source,
            "at": f"{datetime.now(tz=timezone.utc):%Y-%m-%d %H:%M} UTC",
            "seconds": seconds,
            "load": load,
            "commit": commit,
            "data": data,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self._file(part).with_suffix(".new")
        beside.write_text(json.dumps(kept, indent=1))
        beside.replace(self._file(part))

    def read(self, part: str) -> dict[str, Any] | None:
        """What was kept; None for a part that was never measured."""
        file = self._file(part)
        return json.loads(file.read_text()) if file.is_file() else None

    def data(self, part: str) -> dict[str, Any] | None:
        """The measurements alone."""
        kept = self.read(part)
        return None if kept is None else kept["data"]

    def _file(self, part: str) -> Path:
        return self.folder / f"{part}.json"
