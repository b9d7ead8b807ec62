"""The picture of a turn's stages, from an exposition."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.observability.picture import SHOWN, draw_stages, mean_stages
from assistant.observability.stages import OTHER, STAGES


def exposition(turns: int, **seconds: float) -> str:
    lines = ["# TYPE assistant_turn_seconds histogram", "# TYPE assistant_stage_seconds histogram"]
    for channel, share in (("rest", turns - 1), ("web", 1)) if turns else ():
        lines.append(f'assistant_turn_seconds_count{{channel="{channel}"}} {share}')
    for stage, value in seconds.items():
        lines.append(f'assistant_stage_seconds_sum{{stage="{stage}"}} {value}')
    return "\n".join(lines) + "\n"


def test_means_are_of_all_channels_and_in_the_order_of_a_turn():
    means = mean_stages(exposition(4, encode=0.02, stores=0.008))
    assert list(means) == [*STAGES, OTHER]
    assert means["encode"] == pytest.approx(5) and means["stores"] == pytest.approx(2)
    assert means["render"] == 0


def test_earlier_turns_are_left_out():
    warm, later = exposition(2, encode=1.0), exposition(6, encode=1.02)
    assert mean_stages(later, before=warm)["encode"] == pytest.approx(5)


@pytest.mark.parametrize("before", ["", "again"])
def test_without_a_turn_nothing_is_drawn(tmp_path: Path, before: str):
    text = exposition(3 if before else 0, encode=1.0)
    with pytest.raises(ValueError, match="0 turns: at least 1 is needed"):
        draw_stages(text, tmp_path / "turn.png", before=text if before else "")
    assert not (tmp_path / "turn.png").exists()


def test_each_stage_has_a_bar_with_its_time(tmp_path: Path):
    draw_stages(exposition(10, encode=0.05, other=0.01), tmp_path / "turn.svg")
    draw_stages(exposition(10, encode=0.05, other=0.01), tmp_path / "turn.png")
    assert (tmp_path / "turn.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "turn.svg").read_text()
    # Matplotlib draws letters as outlines, and says in comments what they spell.
    for spelt in (*SHOWN.values(), "5.00 ms (83%)", "1.00 ms (17%)", "A turn takes 6.0 ms"):
        assert f"<!-- {spelt} -->" in drawn, spelt
