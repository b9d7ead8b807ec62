"""The bars for speed and size, and whether they are reached: what is not measured is not."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from assistant.evaluation.speed import SCREEN_BARS

OURS, STOCK = "ours", "stock Rasa"
AT_ONCE = "8"  # conversations, where turns a second are judged
LATE = 500  # turn of the long conversation
SOAK = "soak"  # is measured by a command of its own, with criteria of its own
NOT_MEASURED = "not measured"
Data = Mapping[str, dict[str, Any]]


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


def bars(data: Data) -> list[Bar]:
    """Judges what was measured.

    Args:
        data: Part -> what it found, see `assistant.benchmarks.serving.parts`. A bar is not reached
            where its part is missing, or the stock bot in it.
    """
    return [*_beside_stock(data), *_alone(data), _unanswered(data)]


def _beside_stock(data: Data) -> Iterator[Bar]:
    share = _of_stocks(lambda name: data["beside"]["turn"][name]["p50"])
    yield _at_most("a turn over REST, p50, of the stock bot's", share, 0.5, "aim 0.25")
    yield _bar(
        f"turns a second in one process, {AT_ONCE} conversations, of the stock bot's",
        _of_stocks(lambda name: data["beside"]["at_once"][name][AT_ONCE]["turns_per_s"]),
        ">= 2 times, aim 4",
        partial(operator.le, 2),
    )
    share = _of_stocks(lambda name: data["beside"]["memory"][name]["rss_mb"])
    yield _at_most("resident memory (with the worker), of the stock bot's", share, 0.5)
    share = _of_stocks(lambda name: data["start"][name]["s"])
    yield _at_most("start to first answer, of the stock bot's", share, 0.5)


def _alone(data: Data) -> Iterator[Bar]:
    screen = data.get("screen", {})
    for characters, most in SCREEN_BARS.items():
        yield _bar(
            f"the screen alone, {characters:,} characters",
            screen.get(str(characters), {}).get("ms"),
            f"<= {most} ms",
            partial(operator.ge, most),
            "{:.1f} ms",
        )
    one = data.get("conversation", {}).get(OURS, {})
    figure = f"turn {one.get('late', LATE)} of a conversation, of turn 5"
    yield _at_most(figure, one.get("ratio"), 1.5)


def _unanswered(data: Data) -> Bar:
    missing = [name for name in UNANSWERED if name not in data and name != SOAK]
    count = sum(of(data[name]) for name, of in UNANSWERED.items() if name in data)
    return Bar(
        "turns without an answer or without its object, of all parts",
        f"{count:g}" + (f" ({NOT_MEASURED}: {', '.join(missing)})" if missing else ""),
        "0",
        count == 0 and not missing,
    )


def _lost(ways: Mapping[str, list[dict[str, Any]]]) -> int:
    return sum(int(step["lost"]) for steps in ways.values() for step in steps)


# Of ours, by part.
UNANSWERED: Mapping[str, Callable[[dict[str, Any]], float]] = {
    "beside": lambda found: (
        found["turn"][OURS]["unanswered"]
        + sum(one["unanswered"] for one in found["at_once"][OURS].values())
    ),
    "conversation": lambda found: found[OURS]["unanswered"],
    "load": lambda found: _lost(found[OURS]),
    "typing-on": lambda found: found[OURS]["lost"],
    "replicas-1": _lost,
    "replicas-3": _lost,
    SOAK: lambda found: found["lost"] + found["failed"],
}


def _of_stocks(of: Callable[[str], float]) -> float | None:
    """Ours as a share of the stock bot's; None where one of them was not measured."""
    try:
        return of(OURS) / of(STOCK)
    except KeyError:
        return None


def _at_most(figure: str, found: float | None, most: float, aim: str = "") -> Bar:
    must = f"<= {most:g} times" + (f", {aim}" if aim else "")
    return _bar(figure, found, must, partial(operator.ge, most))


def _bar(
    figure: str,
    found: float | None,
    must: str,
    holds: Callable[[float], bool],
    show: str = "{:.2f} times",
) -> Bar:
    if found is None:
        return Bar(figure, NOT_MEASURED, must, False)
    return Bar(figure, show.format(found), must, holds(found))
