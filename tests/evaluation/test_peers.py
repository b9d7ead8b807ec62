import numpy as np
import pytest

from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.evaluation.answering import AnsweringSets, best_entries
from assistant.evaluation.peers import Bm25, NearestWording, choose_threshold, measure_peer
from assistant.evaluation.shares import DIRECT, FIRST, UNCOVERED, WRONG, Share
from assistant.faq.validation import Labelled

WORDINGS = [
    ("what is denosumab", "denosumab"),
    ("can I go swimming", "exercise"),
    ("what is xgeva for", "denosumab"),
    ("is it safe to lift weights", "exercise"),
    ("what is a bone scan", "bone-scan"),
    ("how long does the bone scan take", "bone-scan"),
]


def test_bm25_gives_the_hand_computed_score():
    # Two documents of one and three words: the lengths' mean is 2, "b" stands in both.
    ranked = Bm25([("b", "short"), ("a b b", "long")]).rank(["a", "b", "a a"])
    rarity_a, rarity_b = np.log(1 + 1.5 / 1.5), np.log(1 + 0.5 / 2.5)
    brake_short, brake_long = 1.2 * (0.25 + 0.75 * 0.5), 1.2 * (0.25 + 0.75 * 1.5)
    a_in_long = rarity_a * 2.2 / (1 + brake_long)
    assert ranked.ids == ("short", "long")
    assert ranked.scores == pytest.approx(
        np.array(
            [
                [0.0, a_in_long],
                [rarity_b * 2.2 / (1 + brake_short), rarity_b * 2 * 2.2 / (2 + brake_long)],
                [0.0, 2 * a_in_long],
            ]
        )
    )


def test_bm25_finds_entries_by_rare_words_and_nothing_by_unknown_ones():
    ranked = Bm25(WORDINGS).rank(["XGEVA?", "the scan of my bone", "zebra crossing"])
    assert best_entries(ranked)[:2] == ["denosumab", "bone-scan"]
    assert ranked.confidence[2] == 0.0


def test_nearest_wording_takes_one_wording_of_each_entry():
    encoder = get_encoder(PACKAGED_MODEL)
    ranked = NearestWording(encoder, WORDINGS).rank(["is swimming ok", "what is denosumab"])
    assert best_entries(ranked) == ["exercise", "denosumab"]
    assert ranked.ids == ("bone-scan", "denosumab", "exercise")
    assert ranked.confidence[1] == pytest.approx(1.0, abs=1e-5)
    (message,) = encoder.encode(["is swimming ok"])
    cosines = encoder.encode(["can I go swimming", "is it safe to lift weights"]) @ message
    assert ranked.scores[0, 2] == pytest.approx(cosines.max(), abs=1e-6)


@pytest.mark.parametrize("most", [0.0, 0.05, 0.25, 0.99])
def test_threshold_is_the_lowest_that_keeps_the_bound(most):
    confidence = np.random.default_rng(3).random(101)
    threshold = choose_threshold(confidence, most)
    assert (confidence >= threshold).sum() == int(101 * most)


def test_threshold_refuses_ties_rather_than_break_the_bound():
    assert (np.full(20, 0.7) >= choose_threshold(np.full(20, 0.7))).sum() == 0


def test_threshold_without_messages_says_what_is_needed():
    with pytest.raises(ValueError, match="at least one"):
        choose_threshold(np.array([]))


def test_threshold_comes_from_validation_alone():
    validation = AnsweringSets((), ("what is a", "zebra crossing"))
    evaluation = AnsweringSets(
        (
            Labelled("xgeva denosumab", ("denosumab",)),
            Labelled("swimming weights", ("denosumab",)),
            Labelled("is", ("exercise",)),
        ),
        ("what is a", "swimming with weights"),
    )
    peer = Bm25(WORDINGS)
    rows, threshold = measure_peer(peer, validation, evaluation)
    assert threshold == choose_threshold(peer.rank(validation.uncovered).confidence)
    assert rows[DIRECT] == Share(1, 3)
    assert rows[WRONG] == Share(1, 3)
    assert rows[FIRST].hits < 3
    assert rows[UNCOVERED] == Share(1, 2)
