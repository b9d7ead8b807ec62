"""The figures as pictures: SVG, drawn by matplotlib, which is loaded when it is first needed."""

from __future__ import annotations

import io
import threading
from typing import Any

from assistant.escalation.delivery.message import PRIORITY_NAMES
from assistant.web.console.figures import Figures, RuleRecord

COLOURS = ("#a8001c", "#b06000", "#005eb8", "#47535f")
MOST_CATEGORIES, MOST_BARS = 7, 15
EDGES = (0, 1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440)  # minutes

_drawing = threading.Lock()  # matplotlib is not made for threads


def draw(name: str, figures: Figures) -> bytes:
    """A plot: "waits", "days" or "rules".

    Raises:
        KeyError: If there is no such plot.
    """
    work = {"waits": _waits, "days": _days, "rules": _rules}[name]
    with _drawing:
        from matplotlib import rc_context
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        # Text as shapes: the page that shows it loads no font.
        with rc_context({"svg.hashsalt": "console", "font.size": 10}):
            figure = Figure(figsize=(8, 3.6), layout="constrained")
            FigureCanvasSVG(figure)
            axes = figure.subplots()
            axes.spines[["top", "right"]].set_visible(False)
            work(axes, figures)
            written = io.BytesIO()
            figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()


def _waits(axes: Any, figures: Figures) -> None:
    width = 0.8 / len(figures.waits)
    places = range(len(EDGES))
    for number, wait in enumerate(figures.waits):
        counts = [0] * len(EDGES)
        for minutes in wait.minutes:
            counts[max(place for place in places if EDGES[place] <= minutes)] += 1
        shifted = [place + number * width for place in places]
        label = PRIORITY_NAMES.get(wait.priority, wait.priority)
        axes.bar(shifted, counts, width, color=COLOURS[number], label=label)
    labels = [f"{one}" for one in EDGES[:-1]] + [f"{EDGES[-1]}+"]
    axes.set_xticks([place - width / 2 for place in places], labels)
    axes.set(xlabel="minutes until acknowledged, from", ylabel="cases")
    axes.legend(frameon=False)


def _days(axes: Any, figures: Figures) -> None:
    from matplotlib import colormaps

    names = [name for name, _ in figures.categories[:MOST_CATEGORIES]]
    days = [day for day, _ in figures.days]
    below = [0] * len(days)
    for number, name in enumerate(names):
        counts = [counter[name] for _, counter in figures.days]
        axes.bar(days, counts, bottom=below, label=name, color=colormaps["tab10"](number))
        below = [one + more for one, more in zip(below, counts, strict=True)]
    rest = [
        sum(counter.values()) - under
        for (_, counter), under in zip(figures.days, below, strict=True)
    ]
    if any(rest):
        axes.bar(days, rest, bottom=below, label="all others", color="#b0b8c0")
    axes.set(ylabel="cases by category")
    axes.tick_params(axis="x", rotation=30)
    if names:
        axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def _rules(axes: Any, figures: Figures) -> None:
    shown: list[RuleRecord] = list(reversed(figures.rules[:MOST_BARS]))
    places = range(len(shown))
    axes.barh(places, [100 * one.rate for one in shown], color=COLOURS[2])
    axes.set_yticks(places, [f"{one.rule} ({one.false_alarms} of {one.judged})" for one in shown])
    axes.set(xlabel="% of the judged cases that were false alarms", xlim=(0, 100))
