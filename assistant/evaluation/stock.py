"""Peers that Rasa trains: the same training data with Rasa's own components."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.training import MODELS, TrainingError, digest, run_rasa, tail
from assistant.training_time import Watch, record


@dataclass(frozen=True)
class StockModel:
    """A model of Rasa's own components.

    Attributes:
        name: Of its archive.
        config: Its configuration, relative to the repository.
        trained_on: Files and folders that it depends on, likewise.
        nlu_only: Whether it reads messages but holds no conversation.
    """

    name: str
    config: str
    trained_on: tuple[str, ...]
    nlu_only: bool = False

    @property
    def archive(self) -> Path:
        """The model archive."""
        return MODELS / f"{self.name}.tar.gz"

    @property
    def _stamp(self) -> Path:
        return MODELS / f"{self.name}.sha256"

    def is_current(self) -> bool:
        """Whether it is trained on the files as they stand."""
        trained = self.archive.is_file() and self._stamp.is_file()
        return trained and self._stamp.read_text() == digest((self.config, *self.trained_on))

    def train(self, log: Path) -> Path:
        """Trains it unless nothing changed.

        Args:
            log: Takes what Rasa says.

        Returns:
            The model archive.

        Raises:
            TrainingError: If training fails; the end of the log is in it.
        """
        if not self.is_current():
            wanted = digest((self.config, *self.trained_on))
            command = ["train", *(["nlu"] if self.nlu_only else []), "--config", self.config]
            command += ["--fixed-model-name", self.name, "--out", str(MODELS)]
            watch = Watch()
            if run_rasa(command, log) != 0 or not self.archive.is_file():
                raise TrainingError(f"Training {self.name} failed; the end of {log}:\n{tail(log)}")
            record(self.archive, watch.read())
            self._stamp.write_text(wanted)
        return self.archive


# The same bot without anything of ours.
STOCK_BOT = StockModel(
    "stock",
    "config.stock.yml",
    ("domain.yml", "data/nlu", "data/stories", "faq_corpus"),
)
# Its intent classifier with the red flags as an intent.
RED_FLAG_DIET = StockModel(
    "red-flag-diet",
    "assistant/evaluation/red_flag_diet.yml",
    ("domain.yml", "data/nlu", "data/red_flags", "faq_corpus"),
    nlu_only=True,
)
