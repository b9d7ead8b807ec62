"""Distinct messages to ask with, so that no answer comes out of a cache. Standard library alone."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path

from assistant.paths import EVALUATION_DATA

QUESTIONS = ("faq", "uncovered", "harmless", "personal_advice")
RED_FLAGS = ("red_flags",)
SERVICE, HANDOFF = ("service",), "handoff"  # wishes for a person, which run an action
SEED = 10
# Around a message, once each has been asked as it stands.
BEFORE = (
    "",
    "Hello, ",
    "Hi again. ",
    "Sorry to ask, ",
    "Another one: ",
    "Good morning. ",
    "Me again: ",
)
AFTER = ("", " Thank you.", " Thanks in advance.", " Any help welcome.", " Cheers.", " Please.")


def distinct_texts(
    names: tuple[str, ...] = QUESTIONS,
    folder: Path = EVALUATION_DATA,
    kind: str | None = None,
) -> Iterator[str]:
    """Messages of a split in a fixed order, no two alike; then each with words around it.

    Args:
        names: Sets of the split.
        folder: The split.
        kind: Those of this kind alone.

    Raises:
        ValueError: When they are used up, which tells how many there were.
    """
    messages = list(
        dict.fromkeys(text for name in names for text in _texts(folder / f"{name}.jsonl", kind))
    )
    random.Random(SEED).shuffle(messages)
    for before, after in sorted(
        itertools.product(BEFORE, AFTER), key=lambda pair: len("".join(pair))
    ):
        yield from (f"{before}{message}{after}" for message in messages)
    raise ValueError(
        f"all {len(messages) * len(BEFORE) * len(AFTER)} distinct messages of {names} are used up"
    )


def _texts(file: Path, kind: str | None) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line) if line.strip() else {}
        if row and kind in (None, row.get("kind")):
            yield row["text"]
