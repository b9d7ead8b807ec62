"""The cards of the kept models, and how well an export agrees with torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Cosines between the vectors of torch and of the int8 export.

    Attributes:
        messages: How many were compared.
        neighbours: Share of the messages whose nearest other message is the same in both.
    """

    messages: int
    mean: float
    least: float
    neighbours: float


def agreement(torch_folder: Path, exported: Path, texts: Sequence[str]) -> Agreement:
    """Compares an export with the sentence-transformers model that it was made from."""
    from sentence_transformers import SentenceTransformer

    from assistant.encoder.onnx import OnnxBackend

    torch_model = SentenceTransformer(str(torch_folder), device="cpu")
    exact = np.asarray(torch_model.encode(list(texts), normalize_embeddings=True))
    served = OnnxBackend(exported)
    quantised = np.stack([served.embed(text) for text in texts])
    cosines = (exact * quantised).sum(axis=1)
    return Agreement(
        len(texts),
        float(cosines.mean()),
        float(cosines.min()),
        float((_nearest(exact) == _nearest(quantised)).mean()),
    )


def _nearest(vectors: np.ndarray) -> np.ndarray:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    nearest: np.ndarray = cosines.argmax(axis=1)
    return nearest


ENCODER = """Turns a message of a patient or carer into a vector of 384 numbers. It serves the
ranking of answers and the reading of a red flag's status."""
ENCODER_TRAINING = """the wordings of the corpus, the beginnings of its answers, the messages of
`data/nlu/` (with their topics), follow-ups read with their question, and the red-flag messages and
near misses; none of validation or evaluation. Topic and red flag are learned together: softmax over
cosines with a margin, wider between entries that are each other's neighbours. Typing slips are made
anew in each epoch."""
READER = """Says of a message of a patient or carer which red-flag category it mentions, or none:
the learned layer of the red-flag screen. Its threshold is chosen in `rasa train`, on validation."""
READER_TRAINING = """the red-flag messages and near misses, the wordings of the corpus and the
messages of `data/nlu/`; none of validation or evaluation. One linear layer over mean-pooled
vectors, cross-entropy with smoothed labels. Typing slips are made anew in each epoch."""


def write_card(
    folder: Path,
    facts: Mapping[str, str],
    checked: Agreement,
    what: str = ENCODER,
    training: str = ENCODER_TRAINING,
) -> None:
    """Writes `README.md` beside the model: what it is, how it was made, what it is not for."""
    served = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    rows = {
        **facts,
        "served file": f"model.onnx, int8 ({served['quantisation']}), sha256 {served['sha256']}",
        "agreement with torch": f"{checked.messages} messages: cosine {checked.mean:.3f} in the "
        f"mean, {checked.least:.3f} at least; same nearest message {checked.neighbours:.1%}",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    text = f"""# {folder.name}

{what}

| | |
|---|---|
{table}

**Trained on** {training}

**Licence** of the base model: Apache 2.0.

**Figures**: docs/figures.md (answering and red flags); `make ablation`, `make benchmark-public`.

**Not for** other subjects, other languages, or finding patients: on general sentences it is worse
than the model that it was made from. Nothing in it was clinically reviewed.
"""
    (folder / "README.md").write_text(text, encoding="utf-8")
