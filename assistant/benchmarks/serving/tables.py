"""The tables of the report, from what the parts found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.benchmarks.serving.bars import bars

Found = dict[str, Any]

# Of conversations at once: label, key, format.
AT_ONCE = (
    ("turns/s", "turns_per_s", ".1f"),
    ("p50, ms", "p50", ".1f"),
    ("p95, ms", "p95", ".1f"),
    ("server's processor time of a turn, ms", "cpu_ms_of_a_turn", ".1f"),
    ("cores that the generator used", "generator_cpu", ".2f"),
)
MEMORY = (
    ("resident memory, MB", "rss_mb", ",.0f"),
    ("of it the process that answers", "server_rss_mb", ",.0f"),
    ("cores used while nobody asks", "idle_cpu", ".2f"),
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are for numbers.

    >>> print(table(["", "ms"], [["a turn", "7"]]))
    |  | ms |
    |---|--:|
    | a turn | 7 |
    """
    lines = [head, *rows]
    rule = "|".join(["---", *["--:"] * (len(head) - 1)])
    shown = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([shown[0], f"|{rule}|", *shown[1:]])


def bar_table(data: Mapping[str, Found]) -> str:
    """What must be reached, and whether it is."""
    rows = [
        (bar.figure, bar.found, bar.must, "reached" if bar.reached else "**not reached**")
        for bar in bars(data)
    ]
    return table(["", "found", "must be", ""], rows)


def beside_table(found: Found, start: Found | None, sizes: Found | None) -> str:
    """Ours and the peers, a column each."""
    names = list(found["at_once"])
    turn, at_once, memory = found["turn"], found["at_once"], found["memory"]

    def row(label: str, of: Mapping[str, Found], key: str, show: str) -> list[str]:
        return [label, *(format(of[name][key], show) for name in names)]

    rows = [row(f"a turn, {key}, ms", turn, key, ".1f") for key in ("p50", "p95", "p99")]
    for level in at_once[names[0]]:
        of = {name: at_once[name][level] for name in names}
        rows += [row(f"{level} at once: {label}", of, key, show) for label, key, show in AT_ONCE]
    unanswered = {
        name: turn[name]["unanswered"] + sum(one["unanswered"] for one in at_once[name].values())
        for name in names
    }
    rows.append(["turns without an answer", *(str(unanswered[name]) for name in names)])
    rows += [row(label, memory, key, show) for label, key, show in MEMORY]
    rows.append(["p50 / floor", *(f"{found['distance'][name]:.1f}" for name in names)])
    if start is not None:
        rows.append(row("start to first answer, s", start, "s", ".1f"))
    if sizes is not None:
        rows += _size_rows(names, sizes)
    return table(["", *names], rows)


def floor_line(found: Found) -> str:
    """What the floor consists of."""
    http = found["turn"]["bare HTTP"]["p50"]
    return (
        f"The floor is {found['floor_ms']:.2f} ms: a forward pass of our int8 encoder on the "
        f"question, tokens and pooling included ({found['forward']['p50']:.2f} ms), and a loopback "
        f"round trip to a bare Sanic handler ({http:.2f} ms), medians of the same run."
    )


def conversation_table(found: Found) -> str:
    """Late turns beside early ones."""
    late = next(iter(found.values()))["late"]
    rows = [
        (name, _ms(one["early_ms"]), _ms(one["late_ms"]), _hundredth(one["ratio"]))
        for name, one in found.items()
    ]
    return table(["", "turn 5, p50, ms", f"turn {late}, p50, ms", "ratio"], rows)


def load_table(found: Mapping[str, Mapping[str, list[Found]]]) -> str:
    """Rising users; a row for each number.

    Args:
        found: Name -> way ("REST", "Socket.IO") -> steps.
    """
    rows = [
        (
            f"{name}, {way}",
            f"{step['users']}",
            f"{step['users'] / step['pace']:.1f}",
            _tenth(step["turns_per_s"]),
            *(_ms(step[key]) if key in step else "-" for key in ("p50", "p95", "p99")),
            str(step["sent"]),
            str(sum(step["failures"].values())),
            str(step["lost"]),
            _ms(step["cpu_ms_of_a_turn"]),
            _hundredth(step["idle_cpu"]),
            _hundredth(step["generator_cpu"]),
        )
        for name, ways in found.items()
        for way, steps in ways.items()
        for step in steps
    ]
    head = ["", "users", "offered/s", "turns/s", "p50, ms", "p95, ms", "p99, ms", "sent"]
    head += ["failed tries", "lost turns", "processor time of a turn, ms", "idle, cores"]
    return table([*head, "generator, cores"], rows)


def typing_table(found: Found) -> str:
    """Whoever types on without waiting."""
    rows = [
        (
            name,
            str(one["lines"]),
            *(str(one[key]) for key in ("sent", "answered", "lost")),
            _tenth(one["seconds"]),
        )
        for name, one in found.items()
    ]
    return table(
        ["", "lines at once", "sent", "answered", "lost", "until the last answer, s"], rows
    )


def soak_table(found: Found) -> str:
    """What must hold after a soak."""
    rows = [
        (
            one["what"],
            f"{one['found']:.2f}",
            f"<= {one['most']:g}",
            "met" if one["met"] else "**not met**",
        )
        for one in found["criteria"]
    ]
    return table(["", "found", "allowed", ""], rows)


def _size_rows(names: Sequence[str], sizes: Found) -> list[list[str]]:
    of = [sizes[name] for name in names]
    packages = (f"{one['packages_mb']:,.0f} ({one['packages']})" for one in of)
    return [
        ["packages it needs, MB (how many)", *packages],
        ["model, MB", *(f"{one['model_mb'] or 0:,.0f}" for one in of)],
        ["training, s (processor time)", *(_training(one["training"]) for one in of)],
    ]


def _training(took: Found | None) -> str:
    if took is None:
        return "not recorded"
    return f"{took['seconds']:,.0f} ({took['cpu_seconds']:,.0f})"


def _ms(value: float) -> str:
    return f"{value:.1f}"


def _tenth(value: float) -> str:
    return f"{value:.1f}"


def _hundredth(value: float) -> str:
    return f"{value:.2f}"
