"""Fine-tunes the red-flag reader: a transformer that learns one thing, which category or none.

Learned together with the topics of the corpus, as in the encoder, red flags come out worse: at
equal false alarms on validation twice as many are missed (docs/figures.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from assistant.fine_tuning.examples import Example
from assistant.fine_tuning.loop import Course, half_precision, learn
from assistant.red_flags.reader import HEAD_FILE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class ReaderSchedule(Course):
    """How long and how fast the reader learns.

    Attributes:
        rate: Of the layers; the word vectors stay: most words are in no example.
        head_rate: Of the last layer, which begins at random.
        longest: Tokens of a text that are read while training.
    """

    epochs: int = 4
    batch: int = 48
    rate: float = 6e-5
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    dropout: float = 0.1
    smoothing: float = 0.05
    slips: float = 0.4
    longest: int = 128
    seed: int = 1


@dataclass(frozen=True)
class Head:
    """The last layer.

    Attributes:
        classes: Categories and "none".
        weight: Shape (len(classes), dimension); bias: shape (len(classes),).
    """

    classes: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray

    def save(self, folder: Path) -> None:
        """Writes it beside an exported model; no pickle."""
        np.savez_compressed(folder / HEAD_FILE, weight=self.weight, bias=self.bias)


def fine_tune_reader(
    model: SentenceTransformer,
    examples: Sequence[Example],
    schedule: ReaderSchedule,
    quiet: bool = False,
) -> Head:
    """Fine-tunes a sentence-transformers model in place.

    Args:
        model: With a transformer and mean pooling first; it learns on the device that it is on.
        examples: What it is taught; those without a red-flag label are left out.
        schedule: How long and how fast.
        quiet: Without a progress bar.

    Returns:
        The layer over its pooled vectors, which are not scaled.
    """
    torch.manual_seed(schedule.seed)
    random = Random(schedule.seed)
    model.max_seq_length = schedule.longest
    labelled = [(one.text, one.red_flag) for one in examples if one.red_flag is not None]
    texts = [text for text, _ in labelled]
    classes = tuple(sorted({flag for _, flag in labelled}))
    labels = torch.tensor([classes.index(flag) for _, flag in labelled])
    device = model.device
    transformer: Any = model[0]
    pooling = model[1]
    transformer.auto_model.embeddings.requires_grad_(False)
    learning = [one for one in transformer.parameters() if one.requires_grad]
    dimension = int(model.get_sentence_embedding_dimension() or 0)
    head = nn.Linear(dimension, len(classes)).to(device)
    dropout = nn.Dropout(schedule.dropout)
    optimizer = torch.optim.AdamW(
        [
            {"params": learning, "lr": schedule.rate},
            {"params": head.parameters(), "lr": schedule.head_rate},
        ],
        weight_decay=schedule.weight_decay,
    )
    entropy = nn.CrossEntropyLoss(label_smoothing=schedule.smoothing)
    fast = half_precision(device)

    def loss_of(features: Any, batch: list[int]) -> torch.Tensor:
        with fast:
            pooled = pooling(transformer(features))["sentence_embedding"]
            logits = head(dropout(pooled))
        loss: torch.Tensor = entropy(logits.float(), labels[batch].to(device))
        return loss

    learn(model, texts, loss_of, optimizer, learning, schedule, random, "red-flag reader", quiet)
    weight, bias = (one.detach().float().cpu().numpy() for one in (head.weight, head.bias))
    return Head(classes, weight, bias)
