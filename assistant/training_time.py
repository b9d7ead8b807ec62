"""How long a training took: kept beside the model, for `make benchmark`."""

from __future__ import annotations

import json
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainingTime:
    """What a training cost.

    Attributes:
        seconds: From its start to its end.
        cpu_seconds: Of all cores, which tells a busy machine from a slow training.
    """

    seconds: float
    cpu_seconds: float

    def as_dict(self) -> dict[str, float]:
        """For a JSON file."""
        return asdict(self)


class Watch:
    """Measures a training that runs in processes which this one starts and waits for."""

    def __init__(self) -> None:
        self._begun, self._cpu = time.monotonic(), _children_cpu()

    def read(self) -> TrainingTime:
        """What has passed since the watch was made."""
        return TrainingTime(time.monotonic() - self._begun, _children_cpu() - self._cpu)


def record(model: Path, taken: TrainingTime) -> None:
    """Writes beside a model archive what its training took."""
    _file(model).write_text(json.dumps(taken.as_dict()))


def recorded(model: Path) -> TrainingTime | None:
    """What was written beside a model archive; None for one of another make."""
    file = _file(model)
    return TrainingTime(**json.loads(file.read_text())) if file.is_file() else None


def _file(model: Path) -> Path:
    return model.with_name(f"{model.name.removesuffix('.tar.gz')}.training.json")


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
