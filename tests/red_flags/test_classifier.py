"""The classifier: trained, kept without pickle, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_classifier import MESSAGES, encode

from assistant.red_flags.classifier import RedFlagClassifier


@pytest.fixture(scope="module")
def classifier() -> RedFlagClassifier:
    return RedFlagClassifier.train(MESSAGES, encode)


def test_it_tells_mentions_from_harmless_texts_and_names_the_category(
    classifier: RedFlagClassifier,
) -> None:
    read = classifier.read(["legs have gone numb", "sore swollen jaw", "what is a bone scan"])
    likeliest = [read.categories[place] for place in read.shares.argmax(axis=1)]
    assert likeliest[:2] == ["cord-compression", "jaw"]
    assert (read.regression > 0).tolist() == [True, True, False]


def test_run_on_words_are_read_as_words(classifier: RedFlagClassifier) -> None:
    glued, apart = classifier.read(["mylegsarenumb"]), classifier.read(["my legs are numb"])
    assert np.allclose(glued.regression, apart.regression)


def test_networks_learn_what_the_vectors_tell() -> None:
    def encode_by_first_word(texts: list[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), 384), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, int("legs" in text or "jaw" in text)] = 1.0
        return vectors

    trained = RedFlagClassifier.train(MESSAGES * 40, encode_by_first_word)
    mention, harmless = trained.read(["legs", "hello"]).networks
    assert mention > 0 > harmless


def test_saved_and_loaded_it_says_the_same(classifier: RedFlagClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    loaded = RedFlagClassifier.load(tmp_path, encode)
    texts = ["numb legs", "sore jaw", "hello"]
    before, after = classifier.read(texts), loaded.read(texts)
    assert np.allclose(before.regression, after.regression, atol=0.05)
    assert np.allclose(before.networks, after.networks, atol=0.05)
    assert before.categories == after.categories
    assert np.allclose(before.shares, after.shares, atol=0.05)


def test_nothing_is_pickled(classifier: RedFlagClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="headache"):
        RedFlagClassifier.train([("x", "headache"), ("y", "none")], encode)


def test_emoji_between_words_hide_nothing(classifier: RedFlagClassifier) -> None:
    plain, strewn, alone = (
        classifier.read([text])
        for text in ("legs have gone numb", "legs 🙏 have ✨ gone 😅 numb", "🙏")
    )
    assert strewn.regression[0] >= plain.regression[0] - 0.01
    assert strewn.networks[0] >= plain.networks[0] - 0.01
    assert len(alone.regression) == 1
