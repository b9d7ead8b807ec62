"""The bars for speed and size, and whether they are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OURS, STOCK = "ours", "stock Rasa"
AT_ONCE = "8"  # conversations, where turns a second are judged


@dataclass(frozen=True)
class Bar:
    """A figure beside what it must reach.

    Attributes:
        figure: What is measured.
        found: As it is shown.
        must: What it must reach, and what is aimed at.
        reached: Whether it does.
    """

    figure: str
    found: str
    must: str
    reached: bool


def bars(data: Mapping[str, dict[str, Any]]) -> list[Bar]:
    """Judges what was measured; a bar whose part was not measured is left out.

    Args:
        data: Part -> what it found, see `assistant.benchmarks.serving.parts`.
    """
    return [*_beside_stock(data), *_alone(data)]


def _beside_stock(data: Mapping[str, dict[str, Any]]) -> Iterator[Bar]:
    beside = data.get("beside", {})
    if STOCK in beside.get("turn", {}):
        share = beside["turn"][OURS]["p50"] / beside["turn"][STOCK]["p50"]
        yield _at_most("a turn over REST, p50, of the stock bot's", share, 0.5, "aim 0.25")
        rates = (beside["at_once"][name][AT_ONCE]["turns_per_s"] for name in (OURS, STOCK))
        times = next(rates) / next(rates)
        yield Bar(
            f"turns a second in one process, {AT_ONCE} conversations, of the stock bot's",
            f"{times:.2f} times",
            ">= 2 times, aim 4",
            times >= 2,
        )
        memory = beside["memory"]
        share = memory[OURS]["rss_mb"] / memory[STOCK]["rss_mb"]
        yield _at_most("resident memory (with the worker), of the stock bot's", share, 0.5)
    start = data.get("start", {})
    if STOCK in start:
        share = start[OURS]["s"] / start[STOCK]["s"]
        yield _at_most("start to first answer, of the stock bot's", share, 0.5)


def _alone(data: Mapping[str, dict[str, Any]]) -> Iterator[Bar]:
    for characters, one in data.get("screen", {}).items():
        yield Bar(
            f"the screen alone, {int(characters):,} characters",
            f"{one['ms']:.1f} ms",
            f"<= {one['bar']} ms",
            one["ms"] <= one["bar"],
        )
    if OURS in data.get("conversation", {}):
        one = data["conversation"][OURS]
        yield _at_most(f"turn {one['late']} of a conversation, of turn 5", one["ratio"], 1.5)
    if "beside" in data:
        beside = data["beside"]
        none = sum(
            [
                beside["turn"][OURS]["unanswered"],
                *(one["unanswered"] for one in beside["at_once"][OURS].values()),
                data.get("conversation", {}).get(OURS, {}).get("unanswered", 0),
            ]
        )
        yield Bar("turns without an answer or without its object", str(none), "0", none == 0)


def _at_most(figure: str, found: float, most: float, aim: str = "") -> Bar:
    must = f"<= {most:g} times" + (f", {aim}" if aim else "")
    return Bar(figure, f"{found:.2f} times", must, found <= most)
