import numpy as np
import pytest

from assistant.encoder import Encoder
from assistant.evaluation.speed import SCREEN_BARS, screen_milliseconds
from assistant.red_flags import RedFlagScreen, load_lexicon

STORIES = "my neighbour says that denosumab made her tired, is swimming allowed? " * 60


@pytest.mark.parametrize("characters", [40, 3000])
def test_the_rules_alone_are_far_within_the_bars(characters):
    screen = RedFlagScreen(load_lexicon())
    assert 0 < screen_milliseconds(screen, STORIES, characters) < SCREEN_BARS[characters]


def test_each_piece_is_another_and_has_the_length_that_was_asked_for():
    read = []

    class Pieces(RedFlagScreen):
        def screen(self, text):
            read.append(text)
            return super().screen(text)

    numbered = " ".join(map(str, range(3000)))
    screen_milliseconds(Pieces(load_lexicon()), numbered, 40)
    assert len(set(read)) == len(read) > 1
    assert {len(piece) for piece in read} == {40}


@pytest.mark.parametrize("characters", [40, 3000])
def test_the_encoder_reads_each_piece_anew_though_they_overlap(characters):
    passed = []

    class Backend:
        fingerprint, dimension = "counting", 1

        def embed(self, text):
            passed.append(text)
            return np.ones(1, dtype=np.float32)

    encoder, wanted = Encoder(Backend()), []

    class Words(RedFlagScreen):
        def screen(self, text):
            wanted.extend(sorted(set(text.split())))
            encoder.encode(sorted(set(text.split())))
            return super().screen(text)

    screen_milliseconds(Words(load_lexicon()), STORIES, characters)
    assert passed == wanted
