"""The table and the picture of how an index grows."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib
from threadpoolctl import threadpool_info

from assistant.benchmarks.index_size.measuring import BEST, KINDS, LEXICAL, SAME, Measured
from assistant.faq.index import APPROXIMATE, APPROXIMATE_FROM, EXACT
from assistant.faq.wording_search import ENTRIES
from assistant.paths import ROOT

matplotlib.use("Agg")  # no screen is needed

LIBRARIES = ("numpy", "scipy", "scikit-learn", "usearch")
COLUMNS = (
    "wordings | index | build, CPU s | load, CPU s | file, MB | memory, MB | p50, ms | p95, ms "
    "| CPU, ms"
)
PREFACE = """# How the index of wordings grows

Written by `make benchmark-index`; do not edit by hand.

One message against the wordings of all {entries} entries: *exact* compares it with every wording,
*approximate* follows usearch's graph, *lexical* is letters and words (always exact). The first size
is the corpus as it is. The other wordings are composed: vectors between two wordings of one entry,
aside by noise; texts of two halves. Entry ids stay the real ones, and the messages are {messages}
of `data/validation/faq.jsonl`, so recall is that of real messages against composed neighbours.

Times of a message: its vector is known (encoding does not grow with the corpus); the three kinds
are asked in turn, message by message, on one thread, in one process; where others use the machine,
processor time (an average) tells more than the clock. Times of building start from
vectors: encoding the wordings comes on top, {encode_ms:.1f} ms of wall clock each here. Memory is
what loading adds to a process, with what the allocator keeps of it.
"""


def markdown(measured: Sequence[Measured], preface: dict[str, float], begun_load: float) -> str:
    """The report.

    Args:
        measured: By size, the smallest first.
        preface: Fills the preface: `entries`, `messages`, `encode_ms`.
        begun_load: The machine's load average when measuring began.
    """
    lines = [PREFACE.format(**preface), f"| {COLUMNS} |", "|---:|---|" + "---:|" * 7]
    for one in measured:
        for kind in KINDS:
            cost = one.costs[kind]
            lines.append(
                f"| {one.wordings:,} | {kind} | {cost.build_s:.1f} | {cost.load_s:.2f} "
                f"| {cost.file_mb:.1f} | {cost.memory_mb:.0f} | {cost.asked.p50_ms:.2f} "
                f"| {cost.asked.p95_ms:.2f} | {cost.asked.cpu_ms:.2f} |"
            )
    lines += [
        "",
        f"The approximate search beside the exact one; a figure is the same within {SAME}, and the",
        f"last column says by how much the figures outside of the {ENTRIES} nearest are too high:",
        "",
        f"| wordings | same nearest entry | same {BEST} nearest | same figures, {ENTRIES} nearest "
        "| floor too high by |",
        "|---:|---:|---:|---:|---:|",
        *(
            f"| {one.wordings:,} | {one.recall.first:.1%} | {one.recall.best:.1%} "
            f"| {one.recall.figures:.2%} | {one.recall.floor:.3f} |"
            for one in measured
        ),
        "",
        _knee(measured),
        "",
        f"`auto` takes the {APPROXIMATE} search from {APPROXIMATE_FROM:,} wordings on.",
        "",
        "![time and memory by size](index-size.png)",
        "",
        _circumstances(begun_load),
    ]
    return "\n".join(lines) + "\n"


def draw(measured: Sequence[Measured], file: Path) -> None:
    """Draws time and memory by size.

    Args:
        measured: By size, the smallest first.
        file: A PNG.
    """
    from matplotlib import pyplot

    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    sizes = [one.wordings for one in measured]
    for kind in KINDS:
        costs = [one.costs[kind] for one in measured]
        time.plot(sizes, [cost.asked.cpu_ms for cost in costs], "o-", label=kind)
        memory.plot(sizes, [cost.memory_mb for cost in costs], "o-", label=kind)
    for axes, title in ((time, "one message, processor time, ms"), (memory, "memory, MB")):
        axes.set(xscale="log", yscale="log", xlabel="wordings", title=title)
        axes.axvline(APPROXIMATE_FROM, color="grey", linestyle=":", label="auto: approximate from")
        axes.grid(alpha=0.3)
    time.legend()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def _knee(measured: Sequence[Measured]) -> str:
    """Where one kind of index becomes slower than another."""

    def sizes(slower: str, faster: str) -> str:
        found = [
            f"{one.wordings:,}"
            for one in measured
            if one.costs[slower].asked.cpu_ms > one.costs[faster].asked.cpu_ms
        ]
        return f"at {', '.join(found)} wordings" if found else "at none of these sizes"

    return (
        f"By processor time the {EXACT} search is slower than the {APPROXIMATE} one "
        f"{sizes(EXACT, APPROXIMATE)}; the {LEXICAL} part is slower than the {EXACT} search "
        f"{sizes(LEXICAL, EXACT)}."
    )


def _circumstances(load: float) -> str:
    ours = (one for one in threadpool_info() if "numpy.libs" in one["filepath"])
    blas: dict[str, Any] = next(ours, {})
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{date.today()}, commit {_commit()}, {_processor()}, {os.cpu_count()} cores, load average "
        f"{load:.1f} when it began (over {os.cpu_count()} means that others were working too). "
        f"Python {platform.python_version()}, {libraries}, "
        f"{blas.get('internal_api', 'BLAS')} {blas.get('version', '')} "
        f"for {blas.get('architecture', 'an unknown kernel')}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
        ).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "assistant", "uv.lock")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" and changes" if changed else "")
