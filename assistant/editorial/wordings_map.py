"""A picture of the corpus: every wording a dot, coloured by its entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")  # no screen is needed

SEED = 7
INCHES = (22, 15)
COLOURS = ("tab20", "tab20b", "tab20c", "Set3")


def draw_map(
    wordings: Sequence[tuple[str, str]],
    encode: Callable[[Sequence[str]], np.ndarray],
    file: Path,
) -> None:
    """Draws the wordings in two dimensions (t-SNE on the encoder's vectors).

    Args:
        wordings: Entry ids with their wordings, those of an entry together.
        encode: Texts to their unit vectors, shape (texts, dimension).
        file: Where the PNG goes.
    """
    from matplotlib import pyplot
    from sklearn.manifold import TSNE

    vectors = encode([wording for _, wording in wordings])
    places = TSNE(
        metric="cosine", init="random", learning_rate="auto", random_state=SEED
    ).fit_transform(vectors)
    owners = np.array([id_ for id_, _ in wordings])
    colours = [colour for name in COLOURS for colour in pyplot.get_cmap(name).colors]
    figure, axes = pyplot.subplots(figsize=INCHES)
    for number, id_ in enumerate(dict.fromkeys(owners)):
        own = places[owners == id_]
        axes.scatter(*own.T, s=9, color=colours[number % len(colours)])
        # The median: stray wordings of an entry do not drag its name away.
        axes.annotate(
            id_,
            np.median(own, axis=0),
            ha="center",
            fontsize=9,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
        )
    axes.set_axis_off()
    axes.set_title("Wordings of all entries: near means alike to the encoder", fontsize=14)
    figure.tight_layout()
    figure.savefig(file, dpi=80)
    pyplot.close(figure)
