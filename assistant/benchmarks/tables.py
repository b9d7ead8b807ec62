"""The tables: published rows beside measured ones, and whether reruns come out as published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PUBLISHED, MEASURED = "published", "measured here"
TOLERANCE = 0.01  # between a rerun and its published row


@dataclass(frozen=True)
class Row:
    """The figures of one system, from 0 to 1; none where a figure was not published.

    Attributes:
        system: Its name.
        figures: In the order of the table's columns.
        intervals: Their 95% intervals, shape (figures, 2), if they were drawn.
        rerun_of: Name of the published row that it must come out at, if any.
        source: `PUBLISHED` or `MEASURED`.
    """

    system: str
    figures: tuple[float | None, ...]
    intervals: np.ndarray | None = None
    rerun_of: str | None = None
    source: str = MEASURED


@dataclass(frozen=True)
class Table:
    """A title, the figures' names, and rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def markdown(self) -> str:
        """The table as Markdown, in columns that also read well in a terminal."""
        lines = [
            ("system", "source", *self.columns),
            *((row.system, row.source, *_cells(row)) for row in self.rows),
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = [
            " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        ]
        rule = "|".join("-" * (width + 2) for width in widths)
        body = "\n".join(f"| {line} |" for line in padded[1:])
        return f"## {self.title}\n\n| {padded[0]} |\n|{rule}|\n{body}\n"

    def deviations(self) -> dict[str, float]:
        """How far each rerun is from its published row: name -> largest difference.

        Raises:
            ValueError: If a rerun names a row that the table has not.
        """
        published = {row.system: row.figures for row in self.rows if row.source == PUBLISHED}
        found = {}
        for row in self.rows:
            if row.rerun_of is None:
                continue
            if row.rerun_of not in published:
                raise ValueError(
                    f"{row.system!r} is a rerun of {row.rerun_of!r}, which is not published; "
                    f"published rows are {sorted(published)}"
                )
            found[row.system] = max(
                abs(figure - known)
                for figure, known in zip(row.figures, published[row.rerun_of], strict=True)
                if figure is not None and known is not None
            )
        return found


HINT3_PUBLISHED = tuple(
    Row(system, figures, source=PUBLISHED)
    for system, figures in (
        ("Dialogflow", (0.693, 0.660, 0.521, 0.818)),
        ("Rasa 2020, ConveRT + DIET", (0.675, 0.425, 0.441, 0.768)),
        ("LUIS", (0.600, 0.896, 0.443, 0.758)),
        ("Haptik", (0.730, 0.814, 0.534, 0.818)),
        ("BERT", (0.719, 0.327, 0.506, 0.797)),
        ("MiniLM, nearest neighbour", (0.737, 0.619, 0.563, 0.855)),
        ("MiniLM, logistic regression", (0.728, 0.799, 0.490, 0.789)),
    )
)
COVID_FAQ_PUBLISHED = tuple(
    Row(system, figures, source=PUBLISHED)
    for system, figures in (
        ("Elasticsearch BM25 on questions", (0.742, None, 0.815)),
        ("BERT triplet, trained on the FAQs", (0.795, None, 0.850)),
        ("BM25 on questions", (0.750, 0.682, 0.809)),
        ("MiniLM on questions", (0.717, 0.616, 0.779)),
        ("z-scores of MiniLM and BM25, + answers", (0.806, 0.736, 0.860)),
    )
)
NEGEX_PUBLISHED = (Row("negex.py", (0.951, 0.908, 0.929, 0.988), source=PUBLISHED),)


def check(tables: Sequence[Table]) -> tuple[bool, str]:
    """Tells whether all reruns come out at their published rows, within `TOLERANCE`.

    Returns:
        Whether they do, and one line that says it with the differences.
    """
    found = {name: far for table in tables for name, far in table.deviations().items()}
    good = max(found.values(), default=0.0) <= TOLERANCE
    verdict = f"are within {TOLERANCE} of" if good else f"are MORE THAN {TOLERANCE} OFF"
    differences = ", ".join(f"{name} {far:.3f}" for name, far in found.items())
    return good, f"Check of the metrics: reruns {verdict} their published rows ({differences})."


def _cells(row: Row) -> list[str]:
    if row.intervals is None:
        return [_decimal(figure) for figure in row.figures]
    return [
        f"{_decimal(figure)} ({_decimal(low)}-{_decimal(high)})"
        for figure, (low, high) in zip(row.figures, row.intervals, strict=True)
    ]


def _decimal(figure: float | None) -> str:
    """Three digits, as the published rows have them; a dash where there is no figure."""
    if figure is None or np.isnan(figure):
        return "-"
    return f"{figure:.3f}".removeprefix("0")
