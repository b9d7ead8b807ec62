"""A measured share with its interval, and the names of the rows that several measurements have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scipy.stats import binomtest

FIRST = "right entry first"
AMONG_THREE = "right entry among the first three"  # what reordering them could reach
DIRECT = "right entry answered directly"
WRONG = "wrong entry answered directly"
NOT_COVERED = "not covered"
UNCOVERED = f"{NOT_COVERED}: answered"
SEVERAL = "several questions: all answered"
FOLLOW_UPS = "follow-ups: last turn right"


@dataclass(frozen=True)
class Share:
    """How many of how many, with the exact (Clopper-Pearson) 95% interval."""

    hits: int
    of: int

    @classmethod
    def among(cls, cases: Iterable[object]) -> Share:
        """Counts the true ones.

        >>> Share.among([True, False, True, True])
        Share(hits=3, of=4)
        """
        hits = [bool(case) for case in cases]
        return cls(sum(hits), len(hits))

    @property
    def value(self) -> float:
        """From 0 to 1; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        if not self.of:
            return "-"
        interval = binomtest(self.hits, self.of).proportion_ci(method="exact")
        return f"{self.value:6.1%} ({self.hits}/{self.of}, {interval.low:.1%}-{interval.high:.1%})"


def right_last_turn(entry: str | None, answered: Collection[str]) -> bool:
    """Whether the last turn of a conversation got what it should.

    >>> right_last_turn("denosumab", ["denosumab"]), right_last_turn(None, ["denosumab"])
    (True, False)

    Args:
        entry: Answers it; None where the corpus has no answer to it: then it must get none.
        answered: Ids of the entries that it was answered with.
    """
    return not answered if entry is None else entry in answered
