"""The red-flag reader as it is kept in the repository."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.encoder.encoder import EncoderError
from assistant.paths import KEPT_ENCODERS, RED_FLAG_DATA
from assistant.red_flags.classifier import NONE
from assistant.red_flags.mention import categories
from assistant.red_flags.reader import MODEL, RedFlagReader, kept_reader

TEXTS = ("i cant feel my legs since this morning", "what is a bone scan")


def test_it_knows_all_categories_and_none() -> None:
    assert set(kept_reader().classes) == {*categories(), NONE}


def test_it_tells_an_emergency_from_a_question() -> None:
    reader = kept_reader()
    shares = reader.shares(TEXTS)
    assert np.allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    assert [reader.classes[place] for place in shares.argmax(axis=1)] == ["cord-compression", NONE]


def test_a_text_is_read_alike_alone_and_among_others() -> None:
    reader = kept_reader()
    assert np.allclose(reader.shares(TEXTS)[:1], reader.shares(TEXTS[:1]), rtol=1e-4)


def test_its_card_names_the_file_that_is_kept() -> None:
    folder = KEPT_ENCODERS / MODEL
    sha256 = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))["sha256"]
    assert kept_reader().fingerprint == sha256
    assert sha256 in (folder / "README.md").read_text(encoding="utf-8")


def test_it_has_learned_the_training_messages() -> None:
    lines = (RED_FLAG_DATA / "mentions.jsonl").read_text(encoding="utf-8").splitlines()[::200]
    rows = [json.loads(line) for line in lines]
    reader = kept_reader()
    none = reader.classes.index(NONE)
    shares = reader.shares([row["text"].lower() for row in rows])
    assert (shares[:, none] < 0.5).mean() > 0.9


def test_a_folder_without_one_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="make red-flag-reader"):
        RedFlagReader(tmp_path)
