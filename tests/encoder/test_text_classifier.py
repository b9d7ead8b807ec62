import numpy as np
import pytest

from assistant.encoder import get_encoder
from assistant.encoder.encoder import Encoder
from assistant.encoder.text_classifier import TextClassifier

TEXTS = [
    "hello there",
    "good morning",
    "hi",
    "thanks a lot",
    "thank you so much",
    "cheers for that",
]
LABELS = ["greet"] * 3 + ["thank"] * 3


@pytest.fixture(scope="module")
def classifier():
    return TextClassifier.train(get_encoder(), TEXTS, LABELS)


def test_probabilities_sum_to_one(classifier):
    assert np.allclose(classifier.probabilities(["hello", "many thanks"]).sum(axis=1), 1)


def test_misspelt_word_is_recognised(classifier):
    best = classifier.probabilities(["thansk you"])[0].argmax()
    assert classifier.classes[best] == "thank"


def test_saved_classifier_gives_the_same(classifier, tmp_path):
    classifier.save(tmp_path)
    loaded = TextClassifier.load(tmp_path, get_encoder())
    assert np.allclose(loaded.probabilities(TEXTS), classifier.probabilities(TEXTS))


def test_classifier_of_another_encoder_is_refused(classifier, tmp_path):
    class Other:
        fingerprint, dimension = "0" * 64, 384

        def embed(self, text):
            return np.zeros(384, dtype=np.float32)

    classifier.save(tmp_path)
    with pytest.raises(ValueError, match="train again"):
        TextClassifier.load(tmp_path, Encoder(Other()))
