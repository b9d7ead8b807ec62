"""Shares of labelled messages, with the cases that went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.evaluation.shares import Share
from assistant.evaluation.turns import Turn

Row = dict[str, Any]
Case = tuple[Row, Turn]  # a labelled message, and what became of it


@dataclass
class Figures:
    """What was measured of one bot.

    Attributes:
        rows: Name of the figure -> share, in the order of the table.
        failures: Name of the figure -> cases that went wrong there, for repair elsewhere.
        confusions: (right entry, entry ranked first instead) -> how many questions.
    """

    rows: dict[str, Share] = field(default_factory=dict)
    failures: dict[str, list[Case]] = field(default_factory=dict)
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(
        self,
        name: str,
        cases: Sequence[Case],
        hit: Callable[[Row, Turn], bool],
        wanted: bool = True,
    ) -> None:
        """Adds a row: the share of cases that are hits.

        Args:
            name: Of the row.
            cases: Labelled messages with their turns.
            hit: Tells whether a case counts.
            wanted: Whether hits are good; the others are kept as failures.
        """
        hits = [hit(row, turn) for row, turn in cases]
        self.rows[name] = Share(sum(hits), len(hits))
        self.failures[name] = [
            case for case, is_hit in zip(cases, hits, strict=True) if is_hit is not wanted
        ]

    def failures_text(self) -> str:
        """All that went wrong, row by row, as the failures file has it."""
        return "\n".join(
            f"\n== {name}\n" + "\n".join(_line(row, turn) for row, turn in failures)
            for name, failures in self.failures.items()
            if failures
        )


def _line(row: Row, turn: Turn) -> str:
    flags = [f"{flag['category']} {flag['status']}" for flag in turn.red_flags]
    return f"{row} -> {turn.outcome} {flags or turn.answered or turn.offered or turn.ranking[:2]}"
