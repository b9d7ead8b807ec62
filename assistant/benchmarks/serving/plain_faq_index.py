"""The index of the plain FAQ service: made in a process of its own when the corpus changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from assistant.paths import ROOT
from assistant.training import digest
from assistant.training_time import TrainingTime, Watch

FOLDER = ROOT / "build" / "plain-faq"


def current() -> tuple[Path, TrainingTime]:
    """The file, and how long it took to make: the service's way of training.

    Raises:
        subprocess.CalledProcessError: If it cannot be made.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    index, stamp = FOLDER / "index.npz", FOLDER / "index.json"
    wanted = digest(["faq_corpus"])
    known = json.loads(stamp.read_text()) if stamp.is_file() and index.is_file() else {}
    if known.get("digest") != wanted:
        watch = Watch()
        subprocess.run(
            [sys.executable, "-m", "assistant.benchmarks.serving.plain_faq", str(index)],
            cwd=ROOT,
            check=True,
        )
        known = {"digest": wanted, "time": watch.read().as_dict()}
        stamp.write_text(json.dumps(known))
    return index, TrainingTime(**known["time"])
