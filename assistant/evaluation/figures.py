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

UNASKED = "an answer that nobody asked for"  # beside the right one or in its place


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
        held = bot.converse([row.get("turns") or [row["text"]] for row in rows])
        turns.extend(turn for conversation in held for turn in conversation)
        return [(row, conversation[-1]) for row, conversation in zip(rows, held, strict=True)]

    count_mentions(figures, run("red_flags"))
    harmless = run("harmless")
    questions = run("faq")
    covered = [(row, turn) for row, turn in questions if row["entry"] in corpus.entries]
    unwritten = [(row, turn) for row, turn in questions if row["entry"] not in corpus.entries]
    uncovered, advice, service = run("uncovered"), run("personal_advice"), run("service")
    several, follow_ups = run("several"), run("follow_up")
    count_harmless(
        figures,
        harmless,
        [*questions, *uncovered, *advice, *service, *several, *follow_ups],
    )
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
        several,
        lambda row, turn: set(row["entries"]) <= set(turn.answered),
    )
    _follow_ups(figures, follow_ups)
    figures.count(
        UNASKED,
        [*covered, *several, *_covered(follow_ups)],
        lambda row, turn: not set(turn.answered) <= _asked(row),
        wanted=False,
    )
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
        entry = row["entries"][-1]
        # Silence and a false alarm answer nothing either.
        heard = bool(turn.objects) and not turn.alarmed
        return right_last_turn(entry, turn.answered) and (entry is not None or heard)

    uncovered = [case for case in cases if not case[0]["entries"][-1]]
    figures.count(FOLLOW_UPS, cases, right)
    figures.count("  of those that an entry answers", _covered(cases), right)
    figures.count("  of those that none answers", uncovered, right)


def _covered(follow_ups: Sequence[Case]) -> list[Case]:
    return [case for case in follow_ups if case[0]["entries"][-1]]


def _asked(row: Row) -> set[str]:
    """Ids of the entries that answer a question, several at once, or the last of a conversation."""
    if "entry" in row:
        return {row["entry"], *row["also_ok"]}
    return {row["entries"][-1]} if "turns" in row else set(row["entries"])


def _answers(figures: Figures, cases: Sequence[Case]) -> None:
    def right(row: Row, entries: Sequence[str]) -> bool:
        return bool(_asked(row) & set(entries))

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
