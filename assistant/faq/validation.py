"""The validation split: messages for thresholds, never for training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNANSWERABLE = ("uncovered", "personal_advice", "service")


@dataclass(frozen=True)
class Labelled:
    """A message and the entries that answer it (none where the corpus has none)."""

    text: str
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    """Messages of one patient, and for each the entry that answers it, if any does."""

    turns: tuple[str, ...]
    entries: tuple[str | None, ...]


def read_jsonl(file: Path) -> list[dict[str, Any]]:
    """Reads one JSON object a line; blank lines are skipped.

    Raises:
        ValueError: If a line is no JSON object; says file and line.
    """
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{file}:{number}: is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"{file}:{number}: must be a JSON object")
        rows.append(row)
    return rows


def load_labelled(folder: Path, known: Collection[str]) -> list[Labelled]:
    """Reads the in-scope and unanswerable messages of a split.

    A question whose entry is not written yet has no answer today.

    Args:
        folder: Holds faq.jsonl, uncovered.jsonl, personal_advice.jsonl and service.jsonl.
        known: Ids of the entries that exist.
    """
    labelled = []
    for row in read_jsonl(folder / "faq.jsonl"):
        entries = tuple(
            entry for entry in (row["entry"], *row.get("also_ok", ())) if entry in known
        )
        labelled.append(Labelled(row["text"], entries))
    for name in UNANSWERABLE:
        labelled += [Labelled(row["text"], ()) for row in read_jsonl(folder / f"{name}.jsonl")]
    return labelled


def load_several(folder: Path) -> list[Labelled]:
    """Reads the messages of a split that ask several questions, from several.jsonl."""
    rows = read_jsonl(folder / "several.jsonl")
    return [Labelled(row["text"], tuple(row["entries"])) for row in rows]


def load_conversations(folder: Path) -> list[Conversation]:
    """Reads the conversations of a split, from follow_up.jsonl."""
    rows = read_jsonl(folder / "follow_up.jsonl")
    return [Conversation(tuple(row["turns"]), tuple(row["entries"])) for row in rows]


def digest(folder: Path) -> str:
    """Returns a fingerprint of all files of a split."""
    result = hashlib.sha256()
    for file in sorted(folder.rglob("*.jsonl")):
        result.update(file.name.encode() + file.read_bytes())
    return result.hexdigest()
