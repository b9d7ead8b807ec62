"""Fine-tunes the encoder: topics, red flags and statuses together, lower layers slower."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from assistant.fine_tuning.examples import Example
from assistant.fine_tuning.loop import Course, half_precision, learn
from assistant.fine_tuning.objective import UNLABELLED, Prototypes

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class Schedule(Course):
    """How long and how fast the encoder learns.

    Attributes:
        rate: Of the top layer; each layer below learns `decay` times as fast.
        red_flag_weight: Of the red-flag loss beside the loss of topics.
        status_weight: Of the loss of red flags' statuses, likewise.
        longest: Tokens of a text that are read while training.
        share: Of the tuned weights in the result; the rest are those of the base model.
    """

    epochs: int = 5
    batch: int = 48
    rate: float = 8e-5
    decay: float = 0.8
    prototype_rate: float = 2e-3
    warm_up: float = 0.1
    slips: float = 0.4
    red_flag_weight: float = 1.0
    status_weight: float = 0.5
    longest: int = 80
    seed: int = 7
    share: float = 1.0


def fine_tune(
    model: SentenceTransformer,
    examples: Sequence[Example],
    neighbours: Mapping[str, Collection[str]],
    schedule: Schedule,
    quiet: bool = False,
) -> None:
    """Fine-tunes a sentence-transformers model in place.

    Args:
        model: With a transformer and mean pooling; it learns on the device that it is on.
        examples: What it is taught.
        neighbours: Topic -> topics that it is easily mistaken for.
        schedule: How long and how fast.
        quiet: Without a progress bar.
    """
    torch.manual_seed(schedule.seed)
    random = Random(schedule.seed)
    model.max_seq_length = schedule.longest
    texts = [example.text for example in examples]
    topics, topic_labels = _numbered([example.topic for example in examples])
    flags, flag_labels = _numbered([example.red_flag for example in examples])
    statuses, status_labels = _numbered([example.status for example in examples])
    device = model.device
    vectors = torch.tensor(np.asarray(model.encode(texts, batch_size=64, show_progress_bar=False)))
    near: list[list[int]] = [
        [topics.index(other) for other in neighbours.get(topic, ()) if other in topics]
        for topic in topics
    ]
    topic_loss = Prototypes(_means(vectors, topic_labels, len(topics)), near)
    flag_loss = Prototypes(_means(vectors, flag_labels, len(flags)), [[] for _ in flags])
    status_loss = Prototypes(_means(vectors, status_labels, len(statuses)), [[] for _ in statuses])
    for losses in (topic_loss, flag_loss, status_loss):
        losses.to(device)
    groups = _parameter_groups(model, schedule)
    own = [
        parameter
        for losses in (topic_loss, flag_loss, status_loss)
        for parameter in losses.parameters()
    ]
    optimizer = torch.optim.AdamW([*groups, {"params": own, "lr": schedule.prototype_rate}])
    fast = half_precision(device)

    def loss_of(features: Any, batch: list[int]) -> torch.Tensor:
        with fast:
            output = model(features)["sentence_embedding"].float()
        topic, flag, status = (
            labels[batch].to(device) for labels in (topic_labels, flag_labels, status_labels)
        )
        loss: torch.Tensor = topic_loss(output, topic)
        loss = loss + schedule.red_flag_weight * flag_loss(output, flag)
        loss += schedule.status_weight * status_loss(output, status)
        return loss

    clipped = list(model.parameters())
    learn(model, texts, loss_of, optimizer, clipped, schedule, random, "fine-tuning", quiet)


def mixed(tuned: SentenceTransformer, base: SentenceTransformer, share: float) -> None:
    """Averages the tuned weights with those of the base model, in place.

    The average keeps more of what the base model knows of the rest of the language (Wortsman et
    al. 2022, "Robust fine-tuning of zero-shot models").

    Args:
        tuned: Changed.
        base: The model that it was tuned from.
        share: Of the tuned weights, 0 to 1.

    Raises:
        ValueError: If the share is no share.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"the share of the tuned weights is {share}; it must be from 0 to 1")
    start = base.state_dict()
    with torch.no_grad():
        for name, weights in tuned.state_dict().items():
            if weights.is_floating_point():
                weights.mul_(share).add_(start[name], alpha=1.0 - share)


def _numbered(labels: Sequence[str | None]) -> tuple[list[str], torch.Tensor]:
    names = sorted({label for label in labels if label is not None})
    numbers = {name: number for number, name in enumerate(names)}
    rows = [UNLABELLED if label is None else numbers[label] for label in labels]
    return names, torch.tensor(rows)


def _means(vectors: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
    return torch.stack([vectors[labels == number].mean(dim=0) for number in range(classes)])


def _parameter_groups(model: SentenceTransformer, schedule: Schedule) -> list[dict[str, object]]:
    """The layers with their rates; the word vectors stay: most words are in no example."""
    transformer: Any = model[0].auto_model
    transformer.embeddings.requires_grad_(False)
    layers = list(transformer.encoder.layer)
    return [
        {
            "params": list(layer.parameters()),
            "lr": schedule.rate * schedule.decay ** (len(layers) - 1 - depth),
        }
        for depth, layer in enumerate(layers)
    ]
