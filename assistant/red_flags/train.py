"""Trains the learned layer of the screen and chooses its thresholds, inside `rasa train`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from assistant.faq.corpus import load_corpus
from assistant.faq.validation import read_jsonl
from assistant.paths import NLU_DATA, RED_FLAG_DATA, VALIDATION_DATA
from assistant.red_flags.classifier import NONE, ClauseClassifier, Encode
from assistant.red_flags.lexicon import load_lexicon
from assistant.red_flags.mention import Mention
from assistant.red_flags.screen import RedFlagScreen
from assistant.red_flags.threshold import Example, Thresholds, choose_threshold, rates

LEAST_CLAUSE_WORDS = 3


def load_screen(folder: Path, encode: Encode) -> RedFlagScreen:
    """The screen with both layers, as `train_screen` left it in a folder.

    Raises:
        FileNotFoundError: nothing was trained there.
    """
    return RedFlagScreen(load_lexicon(), ClauseClassifier.load(folder, encode))


def train_screen(folder: Path, encode: Encode) -> dict[str, float]:
    """Trains on all training messages, chooses thresholds on validation, saves into folder.

    Returns:
        Figures of the choice: thresholds, and what they do on the validation split.
    """
    screen = RedFlagScreen(load_lexicon())
    messages = training_messages(screen)
    classifier = ClauseClassifier.train(messages, encode)
    examples = validation_examples(screen, classifier)
    classifier.thresholds = choose_threshold(examples)
    classifier.save(folder)
    both = rates(examples, classifier.thresholds)
    rules = rates(examples, Thresholds(2.0, 0.0))
    return {
        "messages": len(messages),
        **asdict(classifier.thresholds),
        **asdict(both),
        **{f"rules_alone_{name}": share for name, share in asdict(rules).items()},
    }


def training_messages(screen: RedFlagScreen) -> list[tuple[str, str]]:
    """Messages with labels; of long ones also the clauses whose label is sure.

    A clause of a harmless message is harmless. A clause of a mention has its label where a rule
    of the same category fires in it.
    """
    found: list[tuple[str, str]] = []
    for row in read_jsonl(RED_FLAG_DATA / "mentions.jsonl"):
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
    """Harmless messages, wordings of the corpus, examples of the other intents."""
    texts = [row["text"] for row in read_jsonl(RED_FLAG_DATA / "harmless.jsonl")]
    for entry in load_corpus().entries.values():
        texts += entry.wordings
    for path in sorted(NLU_DATA.glob("*.yml")):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
            lines = str(intent.get("examples", "")).splitlines()
            texts += [line.strip()[2:] for line in lines if line.strip().startswith("- ")]
    return texts


def validation_examples(screen: RedFlagScreen, classifier: ClauseClassifier) -> list[Example]:
    """The validation messages as both layers see them."""
    examples = []
    for name, is_mention in (("red_flags", True), ("harmless", False)):
        for row in read_jsonl(VALIDATION_DATA / f"{name}.jsonl"):
            reading = screen.explain(row["text"])
            judgement = classifier.score(row["text"], reading.spans)
            emergency = row.get("status") == "present" and row["urgency"] == "emergency"
            examples.append(
                Example(
                    is_mention, emergency, bool(reading.firm), bool(reading.weak), judgement.highest
                )
            )
    return examples
