"""Trains the learned layers of the screen and chooses their thresholds, inside `rasa train`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from math import log
from pathlib import Path
from typing import Any

import yaml

from assistant.faq.corpus import load_corpus
from assistant.faq.judge import Judge
from assistant.faq.validation import read_jsonl
from assistant.paths import NLU_DATA, RED_FLAG_DATA, VALIDATION_DATA
from assistant.red_flags.classifier import NONE, RedFlagClassifier
from assistant.red_flags.findings import Finding
from assistant.red_flags.glance import Glance
from assistant.red_flags.learned import LearnedLayer, most_telling
from assistant.red_flags.lexicon import load_lexicon
from assistant.red_flags.reader import kept_reader
from assistant.red_flags.screen import Explanation, RedFlagScreen
from assistant.red_flags.status_classifier import Encode, StatusClassifier, status_class
from assistant.red_flags.status_threshold import choose_status_thresholds
from assistant.red_flags.threshold import RULES_ALONE, Example, choose_threshold, rates

LEAST_CLAUSE_WORDS = 3
# Kinds of validation messages that mention no red flag, beside the near misses.
ORDINARY = ("faq", "uncovered", "personal_advice", "service")

Row = Mapping[str, Any]
Explain = Callable[[str], Explanation]


def load_screen(folder: Path, encode: Encode) -> RedFlagScreen:
    """The screen with all layers, as `train_screen` left it in a folder.

    Raises:
        FileNotFoundError: nothing was trained there.
    """
    return RedFlagScreen(
        load_lexicon(),
        LearnedLayer.load(folder, kept_reader()),
        StatusClassifier.load(folder, encode),
    )


def train_screen(folder: Path, encode: Encode) -> dict[str, float]:
    """Trains on all training messages, chooses weights and thresholds on validation, saves.

    Args:
        folder: takes what is learned.
        encode: list of texts -> unit vectors, for the status of a mention.

    Returns:
        Figures of the choice: thresholds, and what they do on the validation split.
    """
    rules = RedFlagScreen(load_lexicon())
    explain = cache(rules.explain)
    messages = training_messages(explain)
    learned = LearnedLayer(
        RedFlagClassifier.train(messages, kept_reader()),
        rule_strengths(explain),
        glance=Glance.train([text for text, _ in messages], [one != NONE for _, one in messages]),
    )
    mentions = [*read_jsonl(VALIDATION_DATA / "red_flags.jsonl")]
    held_out = [
        *((row, True, False) for row in mentions),
        *(
            (row, False, name == "harmless")
            for name in ("harmless", *ORDINARY)
            for row in read_jsonl(VALIDATION_DATA / f"{name}.jsonl")
        ),
    ]
    explained = [explain(row["text"]) for row, _, _ in held_out]
    read = [
        learned.clues(row["text"], one.spans, (*one.weak, *one.firm))[:2]
        for (row, _, _), one in zip(held_out, explained, strict=True)
    ]
    telling = [most_telling(clues) for _, clues in read]
    judge = Judge.fit(telling, [is_mention for _, is_mention, _ in held_out])
    if judge is None:
        raise ValueError("the validation split must hold mentions and harmless messages")
    learned.judge = judge
    examples = [
        _example(max(learned.probabilities(*one)), explanation, row, is_mention, near_miss)
        for (row, is_mention, near_miss), explanation, one in zip(
            held_out, explained, read, strict=True
        )
    ]
    learned.threshold = choose_threshold(examples)
    learned.save(folder)
    status = StatusClassifier.train(
        *status_examples([*read_jsonl(RED_FLAG_DATA / "mentions.jsonl")], rules), encode
    )
    status = status.with_thresholds(
        choose_status_thresholds(status, *status_examples(mentions, rules))
    )
    status.save(folder)
    alone = asdict(rates(examples, RULES_ALONE))
    return {
        "messages": len(messages),
        "threshold": learned.threshold,
        **asdict(rates(examples, learned.threshold)),
        **{f"firm_rules_alone_{name}": share for name, share in alone.items()},
        **{f"status_{name}": value for name, value in asdict(status.thresholds).items()},
    }


def rule_strengths(explain: Explain) -> dict[str, float]:
    """How much more often each rule fires on mentions than on harmless messages, as log odds."""
    mentions = [row["text"] for row in read_jsonl(RED_FLAG_DATA / "mentions.jsonl")]
    harmless = harmless_texts()
    on_mentions, on_harmless = _fired(explain, mentions), _fired(explain, harmless)
    return {
        rule: round(
            log((on_mentions[rule] + 0.5) / len(mentions))
            - log((on_harmless[rule] + 0.5) / len(harmless)),
            3,
        )
        for rule in sorted(on_mentions | on_harmless)
    }


def _fired(explain: Explain, texts: Sequence[str]) -> Counter[str]:
    """In how many texts each rule fires."""
    counts: Counter[str] = Counter()
    for text in texts:
        explained = explain(text)
        found = (*explained.firm, *explained.weak)
        counts.update({fired.by for finding in found for fired in finding.fired})
    return counts


def training_messages(explain: Explain) -> list[tuple[str, str]]:
    """Messages with labels; of mentions and near misses also the clauses whose label is sure.

    A clause of a near miss is harmless. A clause of a mention has its label where a rule of the
    same category fires in it. Clauses of ordinary messages add nothing.
    """
    found: list[tuple[str, str]] = []
    for row in read_jsonl(RED_FLAG_DATA / "mentions.jsonl"):
        found.append((row["text"], row["category"]))
        explained = explain(row["text"])
        if len(explained.clauses) > 2:
            found += _sure_clauses(
                explained.clauses, (*explained.firm, *explained.weak), row["category"]
            )
    found += [(text, NONE) for text in harmless_texts()]
    for text in near_misses():
        clauses = explain(text).clauses
        if len(clauses) > 1:
            found += [(c, NONE) for c in clauses if len(c.split()) >= LEAST_CLAUSE_WORDS]
    return list(dict.fromkeys(found))


def _sure_clauses(
    clauses: Sequence[str], findings: Sequence[Finding], category: str
) -> list[tuple[str, str]]:
    words = {finding.words for finding in findings if finding.category == category}
    return [(c, category) for c in clauses if any(w in c for w in words)]


def near_misses() -> list[str]:
    """Harmless messages that look like a red flag."""
    return [row["text"] for row in read_jsonl(RED_FLAG_DATA / "harmless.jsonl")]


def harmless_texts() -> list[str]:
    """Near misses, wordings of the corpus, examples of the other intents."""
    texts = near_misses()
    for entry in load_corpus().entries.values():
        texts += entry.wordings
    for path in sorted(NLU_DATA.glob("*.yml")):
        for intent in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu", []):
            lines = str(intent.get("examples", "")).splitlines()
            texts += [line.strip()[2:] for line in lines if line.strip().startswith("- ")]
    return texts


def status_examples(rows: Sequence[Row], screen: RedFlagScreen) -> tuple[list[Finding], list[str]]:
    """Labelled mentions as the screen finds them, with the classes of their statuses."""
    return (
        [screen.locate(row["text"], row["category"]) for row in rows],
        [status_class(row["status"], row["priority"], row["urgency"]) for row in rows],
    )


def _example(
    highest: float,
    explained: Explanation,
    row: Row,
    is_mention: bool,
    near_miss: bool,
) -> Example:
    """A validation message as rules and learned layer see it."""
    emergency = is_mention and row["status"] == "present" and row["urgency"] == "emergency"
    return Example(is_mention, emergency, bool(explained.firm), highest, near_miss)
