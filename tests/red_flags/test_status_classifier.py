"""The learned reading of status: trained, unsure ones paged, kept without pickle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.red_flags import RedFlagScreen, load_lexicon
from assistant.red_flags.findings import Finding
from assistant.red_flags.status_classifier import (
    CLASSES,
    PRESENT,
    StatusClassifier,
    StatusThresholds,
    status_class,
)
from assistant.red_flags.status_threshold import choose_status_thresholds

_LOCATE = RedFlagScreen(load_lexicon()).locate
_SAID = {
    "present": ["my legs are numb", "my legs went numb this morning", "legs numb since Monday"],
    "past": ["my legs were numb in 2019", "years ago my legs were numb", "legs were numb once"],
    "past-recent": ["my legs were numb on Tuesday but are fine", "legs numb yesterday, gone now"],
    "asked": ["what if my legs go numb", "could my legs go numb", "do legs go numb with this"],
    "asked-concrete": ["if dad's legs go numb tonight do I call", "mum's legs numb tonight, then?"],
    "negated": ["my legs are not numb", "no numb legs", "legs not numb at all"],
}


def encode(texts: list[str]) -> np.ndarray:
    """A stand-in for the encoder: constant unit vectors."""
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    vectors[:, 0] = 1.0
    return vectors


def found(text: str) -> Finding:
    return _LOCATE(text, "cord-compression")


@pytest.fixture(scope="module")
def status() -> StatusClassifier:
    pairs = [(found(text), name) for name, texts in _SAID.items() for text in texts]
    return StatusClassifier.train([f for f, _ in pairs], [name for _, name in pairs], encode)


def test_it_reads_what_it_was_taught(status: StatusClassifier) -> None:
    texts = ["my legs are numb", "my legs are not numb", "my legs were numb in 2019"]
    verdicts = status.verdicts([found(text) for text in texts])
    assert [verdict.status for verdict in verdicts] == ["present", "negated", "past"]


def test_what_is_recent_or_concrete_is_told(status: StatusClassifier) -> None:
    texts = ["legs numb yesterday, gone now", "if dad's legs go numb tonight do I call"]
    assert [verdict.recent for verdict in status.verdicts([found(t) for t in texts])] == [True] * 2


def test_an_emergency_of_unsure_status_counts_as_present(status: StatusClassifier) -> None:
    finding = found("my legs are not numb")
    share = float(status.probabilities([finding])[0, PRESENT])
    unsure = status.with_thresholds(StatusThresholds(emergency=share / 2))
    assert [verdict.status for verdict in unsure.verdicts([finding])] == ["present"]


@pytest.mark.parametrize(
    ("text", "read", "expected"),
    [
        ("I don't have full feeling in both feet", "negated", "present"),
        ("my legs are not numb", "negated", "negated"),
        ("my legs gave way just now in the kitchen", "past", "present"),
        ("my legs gave way in the kitchen", "past", "past"),
    ],
)
def test_sure_words_of_the_present_outweigh_what_was_learned(
    status: StatusClassifier, monkeypatch: pytest.MonkeyPatch, text: str, read: str, expected: str
) -> None:
    shares = np.zeros((1, len(CLASSES)), dtype=np.float32)
    shares[0, CLASSES.index(read)] = 1.0
    monkeypatch.setattr(status, "probabilities", lambda _: shares)
    assert [verdict.status for verdict in status.verdicts([found(text)])] == [expected]


def test_it_reads_alike_after_it_was_kept(status: StatusClassifier, tmp_path: Path) -> None:
    status.save(tmp_path)
    again = StatusClassifier.load(tmp_path, encode)
    findings = [found(text) for texts in _SAID.values() for text in texts]
    assert np.allclose(again.probabilities(findings), status.probabilities(findings), atol=0.01)
    assert again.thresholds == status.thresholds


def test_a_class_without_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="no example of asked, asked-concrete"):
        StatusClassifier.train([found("my legs are numb")], ["present"], encode)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (("present", "page", "emergency"), "present"),
        (("asked", "page", "emergency"), "present"),
        (("asked", "same-day", "emergency"), "asked-concrete"),
        (("past", "same-day", "emergency"), "past-recent"),
        (("past", "same-day", "same-day"), "past"),
        (("negated", "review", "emergency"), "negated"),
    ],
)
def test_labels_become_classes(label: tuple[str, str, str], expected: str) -> None:
    assert status_class(*label) == expected
    assert expected in CLASSES


def test_thresholds_page_present_emergencies_first(status: StatusClassifier) -> None:
    findings = [found(text) for texts in _SAID.values() for text in texts]
    labels = [name for name, texts in _SAID.items() for _ in texts]
    chosen = choose_status_thresholds(status, findings, labels)
    shares = status.probabilities(findings)[:, PRESENT]
    present = [s for s, label in zip(shares, labels, strict=True) if label == "present"]
    assert min(present) >= chosen.emergency - 0.001
