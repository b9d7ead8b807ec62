"""The loss: a message lies near its topic and far from every other, most of all its neighbours."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

SCALE = 20.0  # of a cosine, before the softmax
MARGIN = 0.10  # by which the right topic must be nearer than any other
NEIGHBOUR_MARGIN = 0.05  # beyond that, than the entries it is easily mistaken for
SMOOTHING = 0.05
UNLABELLED = -1


class Prototypes(nn.Module):
    """A direction for each class; softmax over scaled cosines with additive margins.

    The margin follows CosFace (Wang et al. 2018): the cosine with the right class counts less
    while training, so that classes end up apart and not merely separable.

    Args:
        start: First directions, the mean vectors of each class, shape (classes, dimension).
        neighbours: For each class the numbers of the classes it is easily mistaken for.
    """

    def __init__(self, start: Tensor, neighbours: Sequence[Collection[int]]) -> None:
        super().__init__()
        self.directions = nn.Parameter(start.clone())
        margins = torch.full((len(start), len(start)), MARGIN)
        for own, others in enumerate(neighbours):
            margins[own, list(others)] += NEIGHBOUR_MARGIN
        margins.fill_diagonal_(0.0)
        self.register_buffer("margins", margins)

    def forward(self, vectors: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss of the labelled rows, 0 where none is labelled.

        Args:
            vectors: Of the messages, shape (n, dimension).
            labels: Class numbers, `UNLABELLED` where nobody labelled it, shape (n,).
        """
        known = labels != UNLABELLED
        if not known.any():
            return vectors.sum() * 0.0
        labels = labels[known]
        cosines = functional.normalize(vectors[known]) @ functional.normalize(self.directions).T
        margins: Tensor = self.margins  # type: ignore[assignment]
        logits = SCALE * (cosines + margins[labels])
        return functional.cross_entropy(logits, labels, label_smoothing=SMOOTHING)
