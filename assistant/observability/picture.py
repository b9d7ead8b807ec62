"""The stages of a turn as a picture, drawn from what a server says under `/metrics`."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from assistant.observability.stages import OTHER, STAGES

SHOWN = {
    "wait": "wait for the turn before",
    "encode": "encode",
    "screen": "red-flag screen",
    "retrieve": "retrieve",
    "policies": "policies",
    "stores": "stores",
    "render": "render",
    OTHER: "Rasa, between them",
}
MILLISECONDS = 1000.0
WIDTH, ROW = 8.0, 0.42  # inches


def mean_stages(exposition: str, before: str = "") -> dict[str, float]:
    """The mean exclusive time of each stage in a turn; their sum is the mean turn.

    Args:
        exposition: What `/metrics` says.
        before: What it said earlier: the turns until then are left out, such as those that warm up.

    Returns:
        Milliseconds by stage, in the order of a turn.

    Raises:
        ValueError: If there was no turn.
    """
    turns, seconds = _sums(exposition)
    turns_before, seconds_before = _sums(before)
    count = turns - turns_before
    if count <= 0:
        raise ValueError(
            f"the metrics tell of {count:.0f} turns: at least 1 is needed, so have some answered"
        )
    return {
        stage: (seconds.get(stage, 0.0) - seconds_before.get(stage, 0.0)) / count * MILLISECONDS
        for stage in (*STAGES, OTHER)
    }


def draw_stages(exposition: str, file: Path, before: str = "", title: str = "") -> None:
    """Draws a bar for each stage, as long as its mean exclusive time.

    Args:
        exposition: What `/metrics` says.
        file: Where the picture goes; its suffix says in which form (.png, .svg).
        before: See `mean_stages`.
        title: Over the picture; by default the mean turn.

    Raises:
        ValueError: If there was no turn.
    """
    from matplotlib.figure import Figure  # only who draws needs it

    means = mean_stages(exposition, before)
    total = sum(means.values())
    figure = Figure(figsize=(WIDTH, 1.2 + ROW * len(means)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh([SHOWN[stage] for stage in means], list(means.values()), color="#2a6f97")
    labels = [f"{value:.2f} ms ({value / total:.0%})" for value in means.values()]
    axes.bar_label(bars, labels, padding=4, fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(0, max(means.values()) * 1.25)
    axes.set_xlabel("mean exclusive time in a turn, milliseconds")
    axes.set_title(title or f"A turn takes {total:.1f} ms", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=120)


def _sums(exposition: str) -> tuple[float, dict[str, float]]:
    """How many turns there were, and the seconds of each stage."""
    turns, seconds = 0.0, {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == "assistant_turn_seconds_count":
                turns += sample.value
            elif sample.name == "assistant_stage_seconds_sum":
                seconds[sample.labels["stage"]] = sample.value
    return turns, seconds
