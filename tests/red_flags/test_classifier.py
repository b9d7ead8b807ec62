"""The learned layer: trained, kept without pickle, read back, windows of long messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.red_flags.classifier import MOST_SPANS, ClauseClassifier, _windows
from assistant.red_flags.threshold import (
    Example,
    Rates,
    Thresholds,
    choose_threshold,
    flagged,
    rates,
)

_MESSAGES = [
    ("my legs are numb", "cord-compression"),
    ("numb feet and numb legs", "cord-compression"),
    ("legs have gone numb", "cord-compression"),
    ("my jaw is swollen", "jaw"),
    ("swollen jaw and sore gum", "jaw"),
    ("the jaw is sore and swollen", "jaw"),
    ("what is a bone scan", "none"),
    ("thank you", "none"),
    ("where do I park", "none"),
    ("what is denosumab", "none"),
    ("good morning", "none"),
    ("how common is it", "none"),
]


def encode(texts: list[str]) -> np.ndarray:
    """A stand-in for the encoder: constant unit vectors."""
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    vectors[:, 0] = 1.0
    return vectors


@pytest.fixture(scope="module")
def classifier() -> ClauseClassifier:
    trained = ClauseClassifier.train(_MESSAGES, encode)
    trained.thresholds = Thresholds(fire=0.5, refuse=0.2)
    return trained


def test_it_finds_the_clause(classifier: ClauseClassifier) -> None:
    text = "what is a bone scan? legs have gone numb"
    scored = classifier.score(text, [(0, 19), (21, 40)]).scored
    assert [text[s.start : s.end] for s in scored] == ["legs have gone numb"]


def test_it_refuses_a_harmless_message(classifier: ClauseClassifier) -> None:
    assert classifier.score("what is a bone scan", [(0, 19)]).scored == ()


def test_it_reads_nothing_in_a_blank_message(classifier: ClauseClassifier) -> None:
    assert classifier.score(" \n", []).highest == 0.0


def test_saved_and_loaded_it_says_the_same(classifier: ClauseClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    loaded = ClauseClassifier.load(tmp_path, encode)
    texts = ["numb legs", "sore jaw", "hello"]
    assert np.allclose(loaded.probabilities(texts), classifier.probabilities(texts), atol=0.01)
    assert loaded.thresholds == classifier.thresholds


def test_nothing_is_pickled(classifier: ClauseClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="headache"):
        ClauseClassifier.train([("x", "headache"), ("y", "none")], encode)


def test_a_long_message_is_read_in_part() -> None:
    spans = [(i * 20, i * 20 + 19) for i in range(100)]
    windows, complete = _windows("x" * 2000, spans)
    assert (len(windows), complete) == (MOST_SPANS + 1, False)


def test_short_clauses_are_joined_and_their_neighbours_read_alone_too() -> None:
    windows, complete = _windows(
        "no. ok. my legs are numb. yes", [(0, 2), (4, 6), (8, 24), (26, 29)]
    )
    assert (windows, complete) == ([(0, 29), (8, 24), (0, 24)], True)


def test_a_firm_rule_is_flagged_whatever_the_probability() -> None:
    assert flagged(Example(True, True, True, False, 0.0), Thresholds(0.5, 0.4))


def test_a_weak_rule_needs_the_classifier() -> None:
    assert not flagged(Example(True, True, False, True, 0.1), Thresholds(0.5, 0.4))


def test_thresholds_miss_the_fewest_within_the_bound_on_false_alarms():
    examples = [Example(True, True, False, False, p) for p in (0.9, 0.8, 0.7, 0.3)]
    examples += [Example(False, False, False, False, p) for p in (0.75, 0.2, 0.1, 0.05)]
    assert rates(examples, choose_threshold(examples, most_false=0.25)) == Rates(1.0, 1.0, 0.25)
    assert rates(examples, choose_threshold(examples, most_false=0.0)) == Rates(0.5, 0.5, 0.0)


def test_present_emergencies_count_before_other_mentions():
    emergency = Example(True, True, False, False, 0.3)
    others = [Example(True, False, False, True, 0.6), Example(True, False, False, True, 0.6)]
    harmless = [Example(False, False, False, True, 0.5), Example(False, False, False, False, 0.1)]
    chosen = choose_threshold([emergency, *others, *harmless], most_false=0.5)
    assert rates([emergency], chosen).emergencies == 1.0


def test_bound_that_cannot_be_kept_gives_the_fewest_false_alarms():
    examples = [Example(True, True, True, False, 0.9), Example(False, False, True, False, 0.1)]
    assert rates(examples, choose_threshold(examples, most_false=0.0)).false_alarms == 1.0
