"""Writes tables and pictures of what was measured into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.benchmarks.serving import plots, tables
from assistant.benchmarks.serving.machine import machine, versions
from assistant.benchmarks.serving.results import Results

INDEX = "README.md"
NAMES = (
    "screen",
    "beside",
    "start",
    "sizes",
    "conversation",
    "load",
    "typing-on",
    "replicas-1",
    "replicas-3",
    "soak",
)
PREFACE = """# Benchmarks

Written by `make benchmark` and `make soak`; do not edit by hand. The question reader on public
data: [public-data.md](public-data.md) (`make benchmark-public`).

Everything runs on one machine, load generator included; what the generator itself used stands
beside the figures. All services get the same distinct messages in the same order, in conversations
of five turns (under rising load one conversation a patient), so that no answer comes out of a
cache. **ours**: the embedded profile as `make run` starts it, server and escalation worker. **stock
Rasa**: `config.stock.yml` (DIET, ResponseSelector, TED) on the same corpus, served by `rasa run`
with its own REST and Socket.IO channels and SQLite. **plain FAQ service**: all-MiniLM-L6-v2 by
sentence-transformers on torch behind FastAPI and uvicorn; it returns the answer of the entry with
the nearest wording, and does nothing else: no screen, no dialogue, no store."""
ABOUT_SIDES = """Medians of interleaved rounds. Packages as installed here, without those that
PyTorch has for GPUs alone. The plain service's training is the encoding of the corpus."""
ABOUT_LOAD = """By locust; every patient says a message a second (in the cluster over Socket.IO one
in 2.5 seconds: its limits stand as shipped) and waits for the answer, a minute at the most. A try
of ours that fails is sent again under its id within that minute, as clients of ours do; stock Rasa
knows no ids. Its turn over Socket.IO is whole when its bubbles have paused for 50 ms, which are not
counted. A turn is lost when it is not answered, or only by the reply of last resort, and so is that
of a patient who cannot connect. Turns/s and processor time are those of the twenty seconds of a
step, without locust's start and the answers after its end; of the processor time what is used
while nobody asks ("idle") is taken off. Replicas share the two cores with nginx, PostgreSQL, Redis,
two workers and the generator: they are judged by errors, lost turns and processor time."""
ABOUT_TYPING = """One conversation over Socket.IO: each second some lines at once, without waiting
for answers. Each asks for a person and runs an action, ours in the process, stock Rasa's in an
action server; while that one is awaited, the next message comes to the conversation's lock. Who
waits for it looks once a second whether it is free, and gives up after sixty. A message is answered
where an acknowledgement brings its turn; of stock Rasa, where words of the bot's follow it in its
store."""


def write(results: Results, folder: Path) -> Path:
    """Writes the report of all parts that have been measured.

    Args:
        results: Of a run; parts may be missing.
        folder: Made where it is missing.

    Returns:
        Its index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sections = [PREFACE, _origin(results), *_sections(results, folder)]
    index = folder / INDEX
    index.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    return index


def measured(results: Results) -> dict[str, tables.Found]:
    """What was found, by part; parts may be missing."""
    return {name: found for name in NAMES if (found := results.data(name)) is not None}


def _origin(results: Results) -> str:
    known = {name: kept for name in NAMES if (kept := results.read(name)) is not None}
    rows = [
        (name, kept["at"], kept["commit"], f"{kept['seconds'] / 60:.1f}", f"{kept['load']:.1f}")
        for name, kept in known.items()
    ]
    head = ["part", "measured", "commit", "minutes", "load average before"]
    return f"{machine()}. {versions()}.\n\n{tables.table(head, rows)}"


def _sections(results: Results, folder: Path) -> Iterator[str]:
    data = measured(results)
    yield f"## What must be reached\n\n{tables.bar_table(data)}"
    if "beside" in data:
        yield from _beside(data, folder)
    if (found := data.get("conversation")) is not None:
        plots.draw_conversation(found, folder / "conversation.png")
        yield f"## A long conversation\n\n{tables.conversation_table(found)}"
        yield "![a long conversation](conversation.png)"
    if load := _load(data):
        plots.draw_load(load, folder / "load.png")
        yield f"## Load\n\n{ABOUT_LOAD}\n\n{tables.load_table(load)}\n\n![load](load.png)"
    if (found := data.get("typing-on")) is not None:
        yield f"## A patient who types on\n\n{ABOUT_TYPING}\n\n{tables.typing_table(found)}"
    if (found := data.get("soak")) is not None:
        plots.draw_soak(found, folder / "soak.png")
        yield (
            f"## Soak\n\n{found['answered']:,} turns answered of {found['wanted']:,}, in "
            f"{found['conversations']:,} conversations; {found['escalations']:,} escalations. "
            f"Cores used on average: {_mean(found, 'server_cpu'):.2f} by server and worker, "
            f"{_mean(found, 'generator_cpu'):.2f} by the generator.\n\n"
            f"{tables.soak_table(found)}\n\n![soak](soak.png)"
        )


def _beside(data: Mapping[str, tables.Found], folder: Path) -> Iterator[str]:
    beside = data["beside"]
    plots.draw_at_once(beside, folder / "at-once.png")
    yield "## Side by side"
    yield tables.beside_table(beside, data.get("start"), data.get("sizes"))
    yield f"{tables.floor_line(beside)} {ABOUT_SIDES}"
    yield "![turns at once](at-once.png)"
    if _draw_stages(beside["metrics"], folder / "stages.png"):
        yield "![exclusive time of the stages of a turn](stages.png)"


def _load(data: Mapping[str, tables.Found]) -> dict[str, tables.Found]:
    """One process, and the cluster, by name."""
    load = dict(data.get("load", {}))
    for count in (1, 3):
        if (found := data.get(f"replicas-{count}")) is not None:
            load[f"ours, {count} replica{'s' if count > 1 else ''}"] = found
    return load


def _mean(soaked: tables.Found, key: str) -> float:
    values = [float(one[key]) for one in soaked["windows"]]
    return sum(values) / max(1, len(values))


def _draw_stages(exposition: str, file: Path) -> bool:
    """Draws the stages of a turn where the server told them; says whether it did."""
    if "assistant_stage_seconds" not in exposition:
        return False
    from assistant.observability.picture import draw_stages

    draw_stages(exposition, file)
    return True
