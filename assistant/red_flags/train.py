"""Trains the learned layer and chooses its thresholds: python -m assistant.red_flags.train."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import frontmatter
import yaml

from assistant.encoder import get_encoder
from assistant.paths import CORPUS, NLU_DATA, RED_FLAG_DATA, ROOT, VALIDATION_DATA
from assistant.red_flags.classifier import NONE, ClauseClassifier, Encode
from assistant.red_flags.lexicon import load_lexicon
from assistant.red_flags.mention import Mention
from assistant.red_flags.screen import RedFlagScreen
from assistant.red_flags.threshold import Example, Thresholds, choose_threshold, rates

logger = logging.getLogger(__name__)

MODEL_FOLDER = ROOT / "build" / "red_flags"
LEAST_CLAUSE_WORDS = 3


def load_screen(folder: Path = MODEL_FOLDER, encode: Encode | None = None) -> RedFlagScreen:
    """The screen with both layers, as `train_screen` left it in a folder.

    Raises:
        FileNotFoundError: nothing was trained there.
    """
    encode = encode or get_encoder().encode
    return RedFlagScreen(load_lexicon(), ClauseClassifier.load(folder, encode))


def train_screen(folder: Path = MODEL_FOLDER, encode: Encode | None = None) -> dict[str, float]:
    """Trains on all training messages, chooses thresholds on validation, saves into folder.

    Returns:
        Figures of the choice: thresholds, recall and false alarms on the validation set.
    """
    encode = encode or get_encoder().encode
    screen = RedFlagScreen(load_lexicon())
    messages = training_messages(screen)
    classifier = ClauseClassifier.train(messages, encode)
    examples = validation_examples(screen, classifier)
    classifier.thresholds = choose_threshold(examples)
    classifier.save(folder)
    recall, false = rates(examples, classifier.thresholds)
    rules = rates(examples, Thresholds(2.0, 0.0))
    return {
        "messages": len(messages),
        "fire": classifier.thresholds.fire,
        "refuse": classifier.thresholds.refuse,
        "validation_recall": recall,
        "validation_false_alarms": false,
        "rules_recall": rules[0],
        "rules_false_alarms": rules[1],
    }


def training_messages(screen: RedFlagScreen) -> list[tuple[str, str]]:
    """Messages with labels; of long ones also the clauses whose label is sure.

    A clause of a harmless message is harmless. A clause of a mention has its label where a rule
    of the same category fires in it.
    """
    found: list[tuple[str, str]] = []
    for row in read_lines(RED_FLAG_DATA, "mentions"):
        found.append((row["text"], row["category"]))
        explained = screen.explain(row["text"])
        if len(explained.clauses) > 2:
            found += _sure_clauses(
                explained.clauses, (*explained.firm, *explained.weak), row["category"]
            )
    for text in harmless_texts():
        found.append((text, NONE))
        clauses = screen.explain(text).clauses
        if len(clauses) > 1:
            found += [(c, NONE) for c in clauses if len(c.split()) >= LEAST_CLAUSE_WORDS]
    return list(dict.fromkeys(found))


def _sure_clauses(
    clauses: Sequence[str], mentions: Sequence[Mention], category: str
) -> list[tuple[str, str]]:
    words = {m.words for m in mentions if m.category == category}
    return [(c, category) for c in clauses if any(w in c for w in words)]


def harmless_texts() -> list[str]:
    """Harmless messages, question variants of the corpus, examples of the other intents."""
    texts = [row["text"] for row in read_lines(RED_FLAG_DATA, "harmless")]
    for path in sorted(CORPUS.glob("*/*.md")):
        meta = frontmatter.load(str(path)).metadata
        texts += [str(meta["question"]), *map(str, meta.get("variants", []))]  # type: ignore
    for path in sorted(NLU_DATA.glob("*.yml")):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
            lines = str(intent.get("examples", "")).splitlines()
            texts += [line.strip()[2:] for line in lines if line.strip().startswith("- ")]
    return texts


def read_lines(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of <name>.jsonl of a folder."""
    path = folder / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def validation_examples(screen: RedFlagScreen, classifier: ClauseClassifier) -> list[Example]:
    """The validation messages as both layers see them."""
    examples = []
    for name, is_mention in (("red_flags", True), ("harmless", False)):
        for row in read_lines(VALIDATION_DATA, name):
            reading = screen.explain(row["text"])
            judgement = classifier.score(row["text"], reading.spans)
            examples.append(
                Example(is_mention, bool(reading.firm), bool(reading.weak), judgement.highest)
            )
    return examples


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    for key, value in train_screen().items():
        print(f"{key}: {value:.4g}")  # noqa: T201 - the command's output
