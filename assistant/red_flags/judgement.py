"""What the learned layer says of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

AS_SURE = 0.8  # of the surest window of its category


@dataclass(frozen=True)
class Window:
    """A stretch of a message that the learned layer read.

    Attributes:
        score: probability that it mentions a red flag at all.
        start, end: the span in the original text.
        possible: categories that it may be about, the likeliest first; none where it says too
            little by itself.
        shares: of each category among all in what it may be about; empty where that is not known.
    """

    score: float
    start: int
    end: int
    possible: tuple[str, ...]
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def category(self) -> str:
        """The likeliest category."""
        return self.possible[0]

    def holds(self, other: Window) -> bool:
        """Whether another, shorter window lies inside it."""
        inside = self.start <= other.start and other.end <= self.end
        return inside and other.end - other.start < self.end - self.start


@dataclass(frozen=True)
class Judgement:
    """What the learned layer makes of a message.

    Attributes:
        windows: all that was read.
        threshold: the score from which on a window fires.
        complete: whether the whole message was read.
        doubtful: the score below which even a firm rule does not count; 0 in a message that was
            read whole.
    """

    windows: tuple[Window, ...]
    threshold: float
    complete: bool
    doubtful: float = 0.0

    @property
    def highest(self) -> float:
        """The highest score of any window."""
        return max((window.score for window in self.windows), default=0.0)

    @property
    def fired(self) -> tuple[Window, ...]:
        """Of each category the windows that fire and are about as sure as the surest of them.

        All of them count: one clause may tell of last year, the next one of today. A window gives
        way to one inside it that is as sure, for that says where the mention stands.
        """
        by_category: dict[str, list[Window]] = {}
        for window in self.windows:
            if window.score >= self.threshold and window.possible:
                by_category.setdefault(window.category, []).append(window)
        found: list[Window] = []
        for windows in by_category.values():
            surest = max(window.score for window in windows)
            near = [window for window in windows if window.score >= surest * AS_SURE]
            found += [
                replace(window, score=surest)
                for window in near
                if not any(window.holds(other) for other in near)
            ]
        return tuple(found)

    def refuses(self, category: str, start: int, end: int) -> bool:
        """Whether a weak rule of a category that fired from start to end must not count.

        Only what was read can be refused: by every window that holds it, and at least one. A
        window refuses it that looks harmless, or that is about something else.
        """
        around = self._around(start, end)
        return bool(around) and not any(
            w.score >= self.threshold and category in w.possible for w in around
        )

    def share(self, category: str, start: int, end: int) -> float:
        """How likely what stands from start to end is about a category and not about another.

        By the window that holds it and says so most clearly; 1 where nobody has read it.
        """
        known = [w.shares for w in self._around(start, end) if w.shares]
        return max((shares.get(category, 0.0) for shares in known), default=1.0)

    def rules_out(self, start: int, end: int) -> bool:
        """Whether even a firm rule that fired from start to end must not count.

        Only in a long message: rules that fire once in a hundred harmless messages fire in most
        stories of three pages. All windows that hold it must look harmless.
        """
        around = self._around(start, end)
        return bool(around) and all(w.score < self.doubtful for w in around)

    def _around(self, start: int, end: int) -> list[Window]:
        return [w for w in self.windows if w.start <= start and end <= w.end]
