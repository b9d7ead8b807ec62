"""The pictures of the report, from what the parts found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Found = dict[str, Any]
INCHES = (9, 3.6)


def draw_at_once(found: Found, file: Path) -> None:
    """Turns a second and p95 by conversations at once."""
    figure = Figure(figsize=INCHES)
    rates, times = figure.subplots(1, 2)
    for name, by_level in found["at_once"].items():
        levels = [int(level) for level in by_level]
        steps = list(by_level.values())
        rates.plot(levels, [one["turns_per_s"] for one in steps], "o-", label=name)
        times.plot(levels, [one["p95"] for one in steps], "o-", label=name)
    for axes, what in ((rates, "turns a second"), (times, "p95 of a turn, ms")):
        _label(axes, "conversations at once", what)
        axes.set_xscale("log", base=2)
    _save(figure, file)


def draw_conversation(found: Found, file: Path) -> None:
    """What a turn costs on the way through a long conversation."""
    figure = Figure(figsize=INCHES)
    axes = figure.subplots()
    for name, one in found.items():
        turns, times = zip(*one["way"], strict=True)
        axes.plot([*turns, one["late"]], [*times, one["late_ms"]], "o-", label=name)
    _label(axes, "turn of the conversation", "p50 of a turn, ms")
    _save(figure, file)


def draw_load(found: Mapping[str, Mapping[str, list[Found]]], file: Path) -> None:
    """p95 and lost turns by what is offered."""
    figure = Figure(figsize=INCHES)
    times, lost = figure.subplots(1, 2)
    for name, ways in found.items():
        for way, steps in ways.items():
            offered = [step["users"] / step["pace"] for step in steps]
            answered = [
                (at, step["p95"]) for at, step in zip(offered, steps, strict=True) if "p95" in step
            ]
            if answered:
                times.plot(*zip(*answered, strict=True), "o-", label=f"{name}, {way}")
            lost.plot(offered, [step["lost"] for step in steps], "o-", label=f"{name}, {way}")
    _label(times, "messages offered a second", "p95 of a turn, ms")
    _label(lost, "messages offered a second", "lost turns")
    times.set_yscale("log")
    _save(figure, file)


def draw_soak(found: Found, file: Path) -> None:
    """Memory, p99 and handles by turns."""
    figure = Figure(figsize=(12, 3.6))
    panels = figure.subplots(1, 3)
    turns = [one["turns"] for one in found["windows"]]
    for axes, key, what in zip(
        panels,
        ("rss_mb", "p99", "handles"),
        ("resident memory, MB", "p99 of a window, ms", "file handles"),
        strict=True,
    ):
        axes.plot(turns, [one[key] for one in found["windows"]])
        axes.set_ylim(bottom=0)
        axes.set_xlabel("turns")
        axes.set_title(what, fontsize=10)
    _save(figure, file)


def _label(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)


def _save(figure: Figure, file: Path) -> None:
    figure.tight_layout()
    figure.savefig(file, dpi=110)
