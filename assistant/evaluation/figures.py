"""The rows of the design's table, from the evaluation sets and the turns that they led to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.evaluation.counting import Case, Figures, Row
from assistant.evaluation.red_flags import count_harmless, count_mentions
from assistant.evaluation.shares import (
    AMONG_THREE,
    DIRECT,
    FIRST,
    FOLLOW_UPS,
    NOT_COVERED,
    SEVERAL,
    WRONG,
    right_last_turn,
)
from assistant.evaluation.turns import Bot, Turn
from assistant.faq.corpus import Corpus
from assistant.faq.validation import read_jsonl


def measure(bot: Bot, corpus: Corpus, folder: Path, every: int = 1) -> Figures:
    """Runs a bot over all evaluation sets.

    Args:
        bot: The trained model.
        corpus: Tells which entries exist; questions on others count as not covered yet.
        folder: Holds the sets.
        every: Uses each n-th message of every set; 1 for all.
    """
    figures = Figures()
    turns: list[Turn] = []

    def run(name: str) -> list[Case]:
        rows = read_jsonl(folder / f"{name}.jsonl")[::every]
        last = bot.converse([row.get("turns") or [row["text"]] for row in rows])
        turns.extend(last)
        return list(zip(rows, last, strict=True))

    count_mentions(figures, run("red_flags"))
    harmless = run("harmless")
    questions = run("faq")
    covered = [(row, turn) for row, turn in questions if row["entry"] in corpus.entries]
    unwritten = [(row, turn) for row, turn in questions if row["entry"] not in corpus.entries]
    uncovered, advice, service = run("uncovered"), run("personal_advice"), run("service")
    count_harmless(figures, harmless, [*questions, *uncovered, *advice, *service])
    _answers(figures, covered)
    for name, cases in ((NOT_COVERED, uncovered), ("entry not written yet", unwritten)):
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
        SEVERAL,
        run("several"),
        lambda row, turn: set(row["entries"]) <= set(turn.answered),
    )
    _follow_ups(figures, run("follow_up"))
    silent: list[Case] = [({"text": turn.text}, turn) for turn in turns]
    figures.count(
        "turns without reply or object",
        silent,
        lambda _, turn: not turn.objects or not turn.has_text,
        wanted=False,
    )
    return figures


def _follow_ups(figures: Figures, cases: Sequence[Case]) -> None:
    def right(row: Row, turn: Turn) -> bool:
        return right_last_turn(row["entries"][-1], turn.answered)

    covered = [case for case in cases if case[0]["entries"][-1]]
    uncovered = [case for case in cases if not case[0]["entries"][-1]]
    figures.count(FOLLOW_UPS, cases, right)
    figures.count("  of those that an entry answers", covered, right)
    figures.count("  of those that none answers", uncovered, right)


def _answers(figures: Figures, cases: Sequence[Case]) -> None:
    def right(row: Row, entries: Sequence[str]) -> bool:
        return bool({row["entry"], *row["also_ok"]} & set(entries))

    figures.count(FIRST, cases, lambda row, turn: right(row, turn.ranking[:1]))
    figures.count(AMONG_THREE, cases, lambda row, turn: right(row, turn.ranking[:3]))
    figures.confusions.update(
        (row["entry"], turn.ranking[0])
        for row, turn in cases
        if turn.ranking and not right(row, turn.ranking[:1])
    )
    figures.count(DIRECT, cases, lambda row, turn: right(row, turn.answered))
    figures.count(
        "right entry answered or offered",
        cases,
        lambda row, turn: right(row, (*turn.answered, *turn.offered)),
    )
    figures.count(
        WRONG,
        cases,
        lambda row, turn: bool(turn.answered) and not right(row, turn.answered),
        wanted=False,
    )
