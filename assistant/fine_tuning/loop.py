"""What both trainings share: the loop, batches of like length, a pace that rises and falls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers.util import batch_to_device
from torch import nn
from tqdm import tqdm

from assistant.fine_tuning.slips import with_slips

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True)
class Course:
    """What the loop takes of a schedule.

    Attributes:
        batch: Texts in a step.
        warm_up: Share of the steps in which the rates rise.
        slips: Share of the texts that get typing slips, anew in each epoch.
    """

    epochs: int
    batch: int
    warm_up: float
    slips: float


def learn(
    model: SentenceTransformer,
    texts: Sequence[str],
    loss_of: Callable[[Any, list[int]], torch.Tensor],
    optimizer: torch.optim.Optimizer,
    clipped: Sequence[torch.Tensor],
    schedule: Course,
    random: Random,
    bar_name: str,
    quiet: bool,
) -> None:
    """Reads all texts in each epoch and follows the loss.

    Args:
        model: What learns, on its device.
        texts: All of them.
        loss_of: The loss from a batch's features (on the device) and the numbers of its texts.
        optimizer: Of all that learns.
        clipped: Whose gradients are bounded.
        schedule: How long.
        random: Draws order and slips.
        bar_name: Beside the progress bar.
        quiet: Without one.
    """
    lengths = [len(text) for text in texts]
    steps = schedule.epochs * len(list(batches_of_like_length(lengths, schedule.batch, random)))
    pace = falling_pace(optimizer, steps, schedule.warm_up)
    model.train()
    with tqdm(total=steps, desc=bar_name, disable=quiet, mininterval=2) as bar:
        for _ in range(schedule.epochs):
            for batch in batches_of_like_length(lengths, schedule.batch, random):
                read: list[Any] = [
                    with_slips(texts[row], random) if random.random() < schedule.slips
                    else texts[row]
                    for row in batch
                ]  # fmt: skip
                loss = loss_of(batch_to_device(model.preprocess(read), model.device), batch)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(clipped, 1.0)
                optimizer.step()
                pace.step()
                bar.update()
                bar.set_postfix(loss=f"{loss.item():.2f}", refresh=False)
    model.eval()


def half_precision(device: torch.device) -> torch.autocast:
    """Reckoning in bfloat16: half the time on hardware that has it, twice the time elsewhere.

    Args:
        device: That the model is on.
    """
    has_it = device.type != "cpu" or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=has_it)


def batches_of_like_length(
    lengths: Sequence[int], size: int, random: Random
) -> Iterator[list[int]]:
    """Batches of texts of like length, which wastes little on padding, in random order.

    Args:
        lengths: Of each text, in characters.
        size: Texts in a batch.
        random: Draws the order.
    """
    rows = list(range(len(lengths)))
    random.shuffle(rows)
    pool = size * 24
    batches = []
    for start in range(0, len(rows), pool):
        like = sorted(rows[start : start + pool], key=lambda row: lengths[row])
        batches += [like[first : first + size] for first in range(0, len(like), size)]
    random.shuffle(batches)
    yield from batches


def falling_pace(
    optimizer: torch.optim.Optimizer, steps: int, warm_up: float
) -> torch.optim.lr_scheduler.LambdaLR:
    """Rates that rise for a share of the steps and then fall to none."""
    rise = max(1, int(steps * warm_up))
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rise, max(0.0, (steps - step) / (steps - rise)))
    )
