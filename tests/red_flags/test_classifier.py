"""The classifier: trained, kept without pickle, read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_classifier import MESSAGES, READER, SmallReader

from assistant.red_flags.classifier import RedFlagClassifier


@pytest.fixture(scope="module")
def classifier() -> RedFlagClassifier:
    return RedFlagClassifier.train(MESSAGES, READER)


def test_it_tells_mentions_from_harmless_texts_and_names_the_category(
    classifier: RedFlagClassifier,
) -> None:
    read = classifier.read(["legs have gone numb", "sore swollen jaw", "what is a bone scan"])
    likeliest = [read.categories[place] for place in read.shares.argmax(axis=1)]
    assert likeliest[:2] == ["cord-compression", "jaw"]
    assert (read.letters > 0).tolist() == [True, True, False]
    assert (read.reader > 0).tolist() == [True, True, False]


def test_run_on_words_are_read_as_words(classifier: RedFlagClassifier) -> None:
    glued, apart = classifier.read(["mylegsarenumb"]), classifier.read(["my legs are numb"])
    assert np.allclose(glued.letters, apart.letters)


def test_saved_and_loaded_it_says_the_same(classifier: RedFlagClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    loaded = RedFlagClassifier.load(tmp_path, READER)
    texts = ["numb legs", "sore jaw", "hello"]
    before, after = classifier.read(texts), loaded.read(texts)
    assert np.allclose(before.letters, after.letters, atol=0.05)
    assert before.categories == after.categories
    assert np.allclose(before.shares, after.shares)


def test_nothing_is_pickled(classifier: RedFlagClassifier, tmp_path: Path) -> None:
    classifier.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz"}


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="headache"):
        RedFlagClassifier.train([("x", "headache"), ("y", "none")], READER)


def test_a_reader_of_other_categories_is_refused() -> None:
    class Older(SmallReader):
        classes = ("headache", *SmallReader.classes)

    with pytest.raises(ValueError, match="headache"):
        RedFlagClassifier.train(MESSAGES, Older())


def test_emoji_between_words_hide_nothing(classifier: RedFlagClassifier) -> None:
    plain, strewn, alone = (
        classifier.read([text])
        for text in ("legs have gone numb", "legs 🙏 have ✨ gone 😅 numb", "🙏")
    )
    assert strewn.letters[0] >= plain.letters[0] - 0.01
    assert strewn.reader[0] >= plain.reader[0] - 0.01
    assert len(alone.letters) == 1
