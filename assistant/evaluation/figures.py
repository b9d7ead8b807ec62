"""The rows of the design's table, from the evaluation sets and the turns that they led to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from assistant.evaluation.turns import Bot, Turn
from assistant.faq.corpus import Corpus
from assistant.faq.validation import read_jsonl

Row = dict[str, Any]


@dataclass(frozen=True)
class Share:
    """How many of how many, with the exact (Clopper-Pearson) 95% interval."""

    hits: int
    of: int

    def __str__(self) -> str:
        if not self.of:
            return "-"
        interval = binomtest(self.hits, self.of).proportion_ci(method="exact")
        return (
            f"{self.hits / self.of:6.1%} ({self.hits}/{self.of}, "
            f"{interval.low:.1%}-{interval.high:.1%})"
        )


@dataclass
class Figures:
    """What was measured of one bot.

    Attributes:
        rows: Name of the figure -> share, in the order of the table.
        failures: Name of the figure -> messages that went wrong there, for repair elsewhere.
    """

    rows: dict[str, Share] = field(default_factory=dict)
    failures: dict[str, list[str]] = field(default_factory=dict)

    def count(
        self,
        name: str,
        cases: Sequence[tuple[Row, Turn]],
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
            f"{row} -> {turn.kind} {turn.answered or turn.offered or turn.ranking[:2]}"
            for (row, turn), is_hit in zip(cases, hits, strict=True)
            if is_hit is not wanted
        ]


def measure(bot: Bot, corpus: Corpus, folder: Path) -> Figures:
    """Runs a bot over all evaluation sets.

    Args:
        bot: The trained model.
        corpus: Tells which entries exist; questions on others count as not covered yet.
        folder: Holds the sets.
    """
    figures = Figures()
    turns: list[Turn] = []

    def run(name: str) -> list[tuple[Row, Turn]]:
        rows = read_jsonl(folder / f"{name}.jsonl")
        last = bot.converse([row.get("turns") or [row["text"]] for row in rows])
        turns.extend(last)
        return list(zip(rows, last, strict=True))

    _red_flags(figures, run("red_flags"))
    harmless = run("harmless")
    questions = run("faq")
    covered = [(row, turn) for row, turn in questions if row["entry"] in corpus.entries]
    unwritten = [(row, turn) for row, turn in questions if row["entry"] not in corpus.entries]
    uncovered, advice, service = run("uncovered"), run("personal_advice"), run("service")
    figures.count(
        "harmless near misses escalated", harmless, lambda _, turn: turn.escalated, wanted=False
    )
    figures.count(
        "all harmless messages escalated",
        [*harmless, *questions, *uncovered, *advice, *service],
        lambda _, turn: turn.escalated,
        wanted=False,
    )
    _answers(figures, covered)
    for name, cases in (("not covered", uncovered), ("entry not written yet", unwritten)):
        figures.count(f"{name}: answered", cases, lambda _, turn: bool(turn.answered), wanted=False)
        figures.count(
            f"{name}: offered buttons", cases, lambda _, turn: bool(turn.offered), wanted=False
        )
    figures.count("personal advice declined", advice, lambda _, turn: turn.kind == "decline")
    figures.count(
        "small talk, admin, low mood, human: right kind",
        service,
        lambda row, turn: turn.kind == row["kind"],
    )
    figures.count(
        "several questions: all answered",
        run("several"),
        lambda row, turn: set(row["entries"]) <= set(turn.answered),
    )
    figures.count(
        "follow-ups: last turn right",
        run("follow_up"),
        lambda row, turn: row["entries"][-1] in turn.answered,
    )
    silent = [({"text": turn.text}, turn) for turn in turns]
    figures.count(
        "turns without reply or object",
        silent,
        lambda _, turn: not turn.objects or not turn.has_text,
        wanted=False,
    )
    return figures


def _red_flags(figures: Figures, cases: list[tuple[Row, Turn]]) -> None:
    present = [
        (row, turn)
        for row, turn in cases
        if row["status"] == "present" and row["urgency"] == "emergency"
    ]
    caught = [(row, turn) for row, turn in cases if turn.escalated]
    figures.count("present emergencies escalated", present, lambda _, turn: turn.escalated)
    figures.count(
        "plain present emergencies escalated",
        [(row, turn) for row, turn in present if row["plain"]],
        lambda _, turn: turn.escalated,
    )
    figures.count("mentions escalated, any status", cases, lambda _, turn: turn.escalated)
    for status in ("present", "past", "negated", "asked"):
        figures.count(
            f"  of those {status}",
            [(row, turn) for row, turn in cases if row["status"] == status],
            lambda _, turn: turn.escalated,
        )
    figures.count(
        "urgency right, of those escalated",
        caught,
        lambda row, turn: turn.objects[0]["urgency"] == row["urgency"],
    )
    figures.count(
        "present emergencies given page",
        present,
        lambda _, turn: turn.escalated and turn.objects[0]["priority"] == "page",
    )
    figures.count(
        "negated mentions given page",
        [(row, turn) for row, turn in cases if row["status"] == "negated"],
        lambda _, turn: turn.escalated and turn.objects[0]["priority"] == "page",
        wanted=False,
    )


def _answers(figures: Figures, cases: list[tuple[Row, Turn]]) -> None:
    def right(row: Row, entries: Sequence[str]) -> bool:
        return bool({row["entry"], *row["also_ok"]} & set(entries))

    figures.count("right entry first", cases, lambda row, turn: right(row, turn.ranking[:1]))
    figures.count(
        "right entry answered directly", cases, lambda row, turn: right(row, turn.answered)
    )
    figures.count(
        "right entry answered or offered",
        cases,
        lambda row, turn: right(row, (*turn.answered, *turn.offered)),
    )
    figures.count(
        "wrong entry answered directly",
        cases,
        lambda row, turn: bool(turn.answered) and not right(row, turn.answered),
        wanted=False,
    )
