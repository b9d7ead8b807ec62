"""The picture of which entries are taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.metrics import confusion_matrix

matplotlib.use("Agg")  # no screen is needed

INCHES = (19, 18)


def count_confusions(
    entries: Sequence[str], right: Sequence[str], found: Sequence[str]
) -> np.ndarray:
    """How often a wording of each entry (rows) found each entry (columns).

    >>> count_confusions(["a", "b"], ["a", "a", "b"], ["a", "b", "b"]).tolist()
    [[1, 1], [0, 1]]
    """
    counts: np.ndarray = confusion_matrix(right, found, labels=list(entries))
    return counts


def draw_confusions(topics: Mapping[str, str], counts: np.ndarray, title: str, file: Path) -> None:
    """Draws the counts in logarithmic colours, topics parted by lines.

    Args:
        topics: Entry id -> topic, in the order of the counts, topics together.
        counts: Shape (entries, entries).
        title: Over the picture.
        file: Where the PNG goes.
    """
    from matplotlib import pyplot
    from matplotlib.colors import LogNorm

    places = np.arange(len(topics))
    figure, axes = pyplot.subplots(figsize=INCHES)
    shown = axes.imshow(
        np.where(counts > 0, counts, np.nan),
        norm=LogNorm(vmin=1, vmax=max(int(counts.max()), 2)),
        cmap="viridis_r",
    )
    axes.set_xticks(places, list(topics), rotation=90, fontsize=9)
    axes.set_yticks(places, list(topics), fontsize=9)
    axes.set(xlabel="entry found", ylabel="entry that the wording belongs to")
    names = list(topics.values())
    for edge in (place for place in places[1:] if names[place] != names[place - 1]):
        axes.axhline(edge - 0.5, color="black", linewidth=0.8)
        axes.axvline(edge - 0.5, color="black", linewidth=0.8)
    axes.set_title(title, fontsize=14)
    figure.colorbar(shown, ax=axes, shrink=0.6, pad=0.02, label="wordings")
    figure.savefig(file, dpi=90, bbox_inches="tight")
    pyplot.close(figure)
