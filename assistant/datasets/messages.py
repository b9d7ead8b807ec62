"""All message sets, read into one form with their labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from assistant.faq.corpus import load_corpus
from assistant.faq.training_examples import with_topic
from assistant.faq.validation import read_jsonl
from assistant.paths import (
    CORPUS,
    EVALUATION_DATA,
    FOLLOW_UP_DATA,
    NLU_DATA,
    RED_FLAG_DATA,
    ROOT,
    VALIDATION_DATA,
)

Split = Literal["training", "validation", "evaluation"]

SPLITS: tuple[Split, ...] = ("training", "validation", "evaluation")
ENTRY, NOT_COVERED = "faq/", "out_of_scope"
SCREENED = ("red_flags", "harmless")  # kinds that the red-flag screen learns from
# What a training file or intent is called in the held-out sets; all other intents are services.
KINDS = {
    "follow_ups": "follow_up",
    "mentions": "red_flags",
    NOT_COVERED: "uncovered",
    "personal_advice": "personal_advice",
}


@dataclass(frozen=True)
class Message:
    """One thing that a patient may write.

    Attributes:
        text: As it was composed.
        split: What it may be used for.
        file: Where it stands, relative to the checkout.
        number: The how many-th of its file, from 1; the turns of a conversation share one.
        kind: What it is measured as: faq, several, follow_up, uncovered, personal_advice,
            service, red_flags or harmless.
        labels: What it asks for: `faq/<entry>`, an intent with its topic, `red_flag/<category>`;
            several where several questions are asked.
        leans: Whether it means something only after the turn before it.
    """

    text: str = field(repr=False)  # a failed test prints a message, an exception may
    split: Split
    file: str
    number: int
    kind: str
    labels: tuple[str, ...]
    leans: bool = False

    @property
    def place(self) -> str:
        """Where to find it, without its words."""
        return f"{self.file}: message {self.number}"

    @property
    def entries(self) -> tuple[str, ...]:
        """Ids of the entries that it asks for."""
        return tuple(label.removeprefix(ENTRY) for label in self.labels if label.startswith(ENTRY))

    @property
    def decisions(self) -> frozenset[str]:
        """The labels without topics, which no turn acts on.

        >>> Message("?", "training", "a.yml", 1, "uncovered", ("out_of_scope/law",)).decisions
        frozenset({'out_of_scope'})
        """
        return frozenset(
            label if label.startswith((ENTRY, "red_flag/")) else label.split("/")[0]
            for label in self.labels
        )


def read_messages(root: Path = ROOT) -> list[Message]:
    """Reads every set of a checkout.

    Args:
        root: The checkout's folder.

    Raises:
        ContentError: If a file of the corpus is faulty.
        ValueError: If a file of messages is faulty or a folder holds none; says which.
    """
    messages = list(_wordings(root))
    for file in _files(root, NLU_DATA, "*.yml"):
        for number, (text, label) in enumerate(read_intents(root / file), start=1):
            kind = KINDS.get(label.split("/")[0], "service")
            messages.append(Message(text, "training", file, number, kind, (label,)))
    messages += _rows(root, str(FOLLOW_UP_DATA.relative_to(ROOT)), "training")
    folders: tuple[tuple[Path, Split], ...] = (
        (RED_FLAG_DATA, "training"),
        (VALIDATION_DATA, "validation"),
        (EVALUATION_DATA, "evaluation"),
    )
    for folder, split in folders:
        for file in _files(root, folder, "*.jsonl"):
            messages += _rows(root, file, split)
    return messages


def read_intents(file: Path) -> Iterator[tuple[str, str]]:
    """Yields the examples of an NLU file, each with its intent and topic."""
    for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
        label = with_topic(block["intent"], (block.get("metadata") or {}).get("topic"))
        for line in block["examples"].splitlines():
            if line.strip():
                yield line.strip().removeprefix("- "), label


def _files(root: Path, folder: Path, pattern: str) -> list[str]:
    place = root / folder.relative_to(ROOT)
    found = sorted(str(file.relative_to(root)) for file in place.glob(pattern))
    if not found:
        raise ValueError(f"{place} holds no {pattern}; give the folder of a whole checkout")
    return found


def _wordings(root: Path) -> Iterator[Message]:
    folder = CORPUS.relative_to(ROOT)
    for entry in load_corpus(root / folder).entries.values():
        file = str(folder / entry.topic / f"{entry.id}.md")
        for number, wording in enumerate(entry.wordings, start=1):
            yield Message(wording, "training", file, number, "faq", (f"{ENTRY}{entry.id}",))


def _rows(root: Path, file: str, split: Split) -> Iterator[Message]:
    name = Path(file).stem
    kind = KINDS.get(name, name)
    for number, row in enumerate(read_jsonl(root / file), start=1):
        turns = row.get("turns", [row.get("text")])
        if not turns or not all(isinstance(turn, str) and turn.strip() for turn in turns):
            raise ValueError(f"{file}: message {number} needs a `text`, or `turns`, all texts")
        if "turns" not in row:
            yield Message(turns[0], split, file, number, kind, _labels(row, kind))
            continue
        if len(row.get("entries", ())) != len(turns):
            raise ValueError(f"{file}: message {number} needs one of `entries` for each turn")
        for position, (turn, entry) in enumerate(zip(turns, row["entries"], strict=True)):
            leans = position > 0 and row.get("leans", True)
            yield Message(turn, split, file, number, kind, (_label(entry),), leans)


def _labels(row: dict[str, Any], kind: str) -> tuple[str, ...]:
    if "category" in row:
        return (f"red_flag/{row['category']}",)
    entries = row.get("entries") or [row[key] for key in ("entry",) if key in row]
    return tuple(map(_label, entries)) or (kind,)


def _label(entry: str | None) -> str:
    return f"{ENTRY}{entry}" if entry else NOT_COVERED
