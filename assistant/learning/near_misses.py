"""A false alarm that an editor accepts becomes a near miss: training data of the screen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assistant.editorial.files import write_whole
from assistant.learning.redaction import PLACEHOLDERS
from assistant.paths import RED_FLAG_DATA

NEAR_MISSES = RED_FLAG_DATA / "harmless.jsonl"
MENTIONS = RED_FLAG_DATA / "mentions.jsonl"
KINDS = (
    "lexical-trap",  # the words of a sign, of something else
    "faq-near",  # a question about a sign
    "feelings",
    "settled",
    "past-unrelated",
    "advice-request",
)


class NearMissError(Exception):
    """A message cannot become a near miss; the message says why. Nothing has been changed."""


def add_near_misses(
    texts: Sequence[str], kind: str, file: Path = NEAR_MISSES, mentions: Path = MENTIONS
) -> None:
    """Adds messages to the harmless ones that the screen is trained on, all or none.

    No rule changes by that: a firm rule fires as before, the learned layer weighs one example more.

    Args:
        texts: Messages without identifiers.
        kind: One of `KINDS`.
        file: JSON lines, each with text and kind.
        mentions: Messages with red flags, which none of them may be.

    Raises:
        NearMissError: If a text or the kind cannot be taken.
    """
    if kind not in KINDS:
        raise NearMissError(f"NEAR_MISS={kind}: allowed are {', '.join(KINDS)}")
    harmless, flagged = _texts(file), _texts(mentions)
    for number, text in enumerate(texts, start=1):
        if any(placeholder in text for placeholder in PLACEHOLDERS):
            raise NearMissError(
                f"message {number}: something was taken out of it, so it is no example; dismiss it"
            )
        if text.casefold() in flagged:
            raise NearMissError(
                f"message {number} stands among the red flags ({mentions.name}): it cannot be both"
            )
        if text.casefold() in harmless:
            raise NearMissError(f"message {number} stands in {file.name} already; dismiss it")
    rows = [json.dumps({"text": text, "kind": kind}, ensure_ascii=False) for text in texts]
    before = file.read_text(encoding="utf-8").rstrip("\n")
    write_whole(file, "\n".join([before, *rows, ""]))


def _texts(file: Path) -> set[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["text"].casefold() for line in lines if line}
