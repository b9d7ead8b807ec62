"""Trains the assistant when something changed, and knows what a model was trained on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.escalation.database import make_private_file
from assistant.faq.corpus import load_corpus
from assistant.faq.sign_off import LOG
from assistant.paths import ROOT, state_folder
from assistant.profile import read_profile
from assistant.snapshot import save_snapshot
from assistant.training_time import Watch, record

MODEL = "assistant"
MODELS = ROOT / "models"
TRAINED_ON = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/stories",
    "data/red_flags",
    "data/validation",
    "faq_corpus",
    "assistant",
    "data/follow_ups.jsonl",
    "encoder",
    "build/encoder",
    "uv.lock",
)
CODE_AND_DATA = {".py", ".yml", ".md", ".jsonl", ".lock", ".json"}
LOG_LINES = 25  # of the end of a log, where something failed


class TrainingError(Exception):
    """The assistant cannot be trained; the message says why."""


@dataclass(frozen=True)
class Built:
    """A folder with a trained model, the fingerprint of what it was trained on, and its texts."""

    folder: Path

    @property
    def model(self) -> Path:
        """The model archive."""
        return self.folder / f"{MODEL}.tar.gz"

    @property
    def digest_file(self) -> Path:
        """Holds the fingerprint."""
        return self.folder / f"{MODEL}.sha256"

    @property
    def texts(self) -> Path:
        """The corpus and the advice that it was trained on, see `assistant.snapshot`."""
        return self.folder / f"{MODEL}.texts.zip"

    def digest(self) -> str | None:
        """The fingerprint, None where the model is missing or half written."""
        whole = self.model.is_file() and self.texts.is_file() and self.digest_file.is_file()
        return self.digest_file.read_text() if whole else None


def digest(names: Iterable[str] = TRAINED_ON) -> str:
    """Returns a fingerprint of files and folders: by default all that our model depends on."""
    result = hashlib.sha256()
    for file in _files(names):
        result.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return result.hexdigest()


def _files(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        # The log of signatures only grows; what it says of a text stands in the text's file.
        known = (file for file in files if file.suffix in CODE_AND_DATA and file.name != LOG)
        yield from (file for file in known if file.is_file())


def train() -> Path:
    """Trains the assistant unless nothing changed since the last time.

    Of several processes one trains, and the others wait for it.

    Returns:
        The model archive.

    Raises:
        TrainingError: If training fails; the corpus or Rasa says why.
    """
    built = Built(MODELS)
    built.folder.mkdir(parents=True, exist_ok=True)
    with (built.folder / ".training").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if built.digest() != digest():
            build(built)
    return built.model


def build(built: Built) -> None:
    """Trains on the files as they stand.

    Args:
        built: Where model, fingerprint and texts go; what is there is replaced at the end.

    Raises:
        TrainingError: If training fails; the corpus or Rasa says why.
    """
    load_corpus()  # a faulty file is named in one line, not in a stack trace of Rasa's
    wanted = digest()
    print("Training the assistant (some minutes) ...", flush=True)
    log = ROOT / "build" / "train.log"
    log.parent.mkdir(exist_ok=True)
    # Its check of the files is a test (tests/test_rasa_data.py); here it would cost a tenth.
    command = ["train", "--skip-validation", "--fixed-model-name", MODEL]
    command += ["--out", str(ROOT / "build" / "trained")]
    watch = Watch()
    code = run_rasa(command, log)
    taken = watch.read()
    trained = ROOT / "build" / "trained" / f"{MODEL}.tar.gz"
    if code != 0 or not trained.is_file():
        raise TrainingError(f"Training failed; the end of {log}:\n{tail(log)}")
    built.folder.mkdir(parents=True, exist_ok=True)
    built.digest_file.unlink(missing_ok=True)  # until all three belong together
    save_snapshot(built.texts)
    trained.replace(built.model)
    record(built.model, taken)
    built.digest_file.write_text(wanted)


def run_rasa(command: Sequence[str], log: Path, talks: bool = False) -> int:
    """Runs a command of Rasa's to its end.

    Args:
        command: Without the `rasa` before it.
        log: Takes what it says.
        talks: Whether it talks in the terminal: then only its errors go into the log.

    Returns:
        Its exit status.
    """
    with log.open("w") as output:
        return subprocess.run(
            [sys.executable, "-m", "rasa", *command],
            cwd=ROOT,
            env=rasa_environment(),
            stdout=None if talks else output,
            stderr=output,
            check=False,
        ).returncode


def rasa_environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of Rasa's processes: what is given, and what they need beside it."""
    # One thread for products of small matrices: see scripts/environment.sh.
    # Two arenas: with one for each of a dozen threads glibc keeps what they gave back.
    defaults = {"LOG_LEVEL": "WARNING", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    if not read_profile(given).is_cluster:
        tracker = state_folder() / "tracker.sqlite"
        make_private_file(tracker)  # Rasa would make it readable by all
        defaults["TRACKER_DB"] = str(tracker)
    return {**defaults, **given}


def tail(log: Path) -> str:
    """The end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
