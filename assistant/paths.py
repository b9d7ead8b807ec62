"""Where things lie: one place that knows the folders of a checkout and of a running site."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CORPUS = ROOT / "faq_corpus"
ADVICE = ROOT / "assistant" / "red_flags" / "advice"
NLU_DATA = ROOT / "data" / "nlu"
RED_FLAG_DATA = ROOT / "data" / "red_flags"
VALIDATION_DATA = ROOT / "data" / "validation"
EVALUATION_DATA = ROOT / "data" / "evaluation"
FOLLOW_UP_DATA = ROOT / "data" / "follow_ups.jsonl"
KEPT_ENCODERS = ROOT / "encoder"
BUILT_ENCODERS = ROOT / "build" / "encoder"
BUILT_VECTORS = ROOT / "build" / "vectors"


def state_folder() -> Path:
    """The folder of everything a running site writes, readable by its owner alone.

    `ASSISTANT_STATE` names another one (tests use it); it is made where it is missing.
    """
    folder = Path(os.environ.get("ASSISTANT_STATE", ROOT / "var"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def site_file() -> Path:
    """The settings of the site: `site.yml`, or the file that `ASSISTANT_SITE` names."""
    return Path(os.environ.get("ASSISTANT_SITE", ROOT / "site.yml"))
