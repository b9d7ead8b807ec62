import copy
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from figures_of_a_run import DATA

from assistant.benchmarks.serving import plots, report
from assistant.benchmarks.serving.bars import bars
from assistant.benchmarks.serving.results import Results
from assistant.benchmarks.serving.tables import beside_table, load_table, table

PNG = b"\x89PNG"


@pytest.fixture
def data():
    return copy.deepcopy(DATA)


def verdicts(data):
    return {bar.figure: bar.reached for bar in bars(data)}


def test_bars_are_judged_against_the_stock_bot_of_the_same_run(data):
    judged = verdicts(data)
    assert judged["a turn over REST, p50, of the stock bot's"]  # 10 of 40
    assert judged["turns a second in one process, 8 conversations, of the stock bot's"]  # 90, 30
    assert judged["resident memory (with the worker), of the stock bot's"]  # 400 of 1300
    assert not judged["start to first answer, of the stock bot's"]  # 30 of 45
    assert judged["turn 500 of a conversation, of turn 5"]
    assert judged["the screen alone, 40 characters"]
    assert not judged["the screen alone, 20,000 characters"]


def test_without_the_stock_bot_nothing_is_judged_against_it(data):
    del data["beside"]["turn"]["stock Rasa"], data["start"]["stock Rasa"]
    assert not any("stock" in figure for figure in verdicts(data))


@pytest.mark.parametrize("where", ["turn", "at_once", "conversation"])
def test_one_turn_without_an_answer_breaks_its_bar(data, where):
    found = {
        "turn": data["beside"]["turn"]["ours"],
        "at_once": data["beside"]["at_once"]["ours"]["8"],
        "conversation": data["conversation"]["ours"],
    }
    figure = "turns without an answer or without its object"
    assert verdicts(data)[figure]
    found[where]["unanswered"] = 1
    assert not verdicts(data)[figure]


def test_a_table_lines_its_numbers_up_on_the_right():
    head, rule, row = table(["", "ms"], [["a turn", "7"]]).splitlines()
    assert (head, rule, row) == ("|  | ms |", "|---|--:|", "| a turn | 7 |")


def test_each_service_has_a_column_and_each_level_its_rows(data):
    lines = beside_table(data["beside"], data["start"], data["sizes"]).splitlines()
    assert lines[0] == "|  | ours | stock Rasa | plain FAQ service |"
    assert "| a turn, p95, ms | 20.0 | 80.0 | 24.0 |" in lines
    assert "| 8 at once: turns/s | 90.0 | 30.0 | 85.0 |" in lines
    assert "| start to first answer, s | 30.0 | 45.0 | 15.0 |" in lines
    assert "| training, s (processor time) | 200 (300) | not recorded | 60 (90) |" in lines


def test_a_step_in_which_nothing_was_answered_has_no_percentiles(data):
    (step,) = steps = data["load"]["ours"]["REST"][:1]
    for key in ("p50", "p95", "p99"):
        del step[key]
    row = load_table({"ours": {"REST": steps}}).splitlines()[-1]
    assert row.startswith("| ours, REST | 4 | 4.0 | 4.0 | - | - | - | 100 |")


def test_the_pace_tells_what_was_offered(data):
    rows = load_table({"ours, 3 replicas": data["replicas-3"]}).splitlines()
    assert "| ours, 3 replicas, Socket.IO | 8 | 3.2 |" in "\n".join(rows)


def test_a_whole_run_is_written_with_its_pictures(data, tmp_path):
    results = Results(tmp_path / "results")
    for part, found in data.items():
        results.write(part, "source", found, seconds=60.0, load=0.3, commit="abc1234")
    text = report.write(results, tmp_path / "docs").read_text(encoding="utf-8")
    for title in (
        "What must be reached",
        "Side by side",
        "A long conversation",
        "Load",
        "A patient who types on",
        "Soak",
    ):
        assert f"\n## {title}\n" in text
    assert "abc1234" in text and "GB of memory" in text and "rasa 3.6.21" in text
    assert "| ours | 3 | 120 | 120 | 0 | 41.0 |" in text
    for name in ("at-once", "conversation", "load", "soak"):
        assert f"({name}.png)" in text
        assert (tmp_path / "docs" / f"{name}.png").read_bytes().startswith(PNG)


def test_a_run_of_one_part_is_reported_as_well(data, tmp_path):
    results = Results(tmp_path / "results")
    results.write("screen", "source", data["screen"], seconds=9.0, load=0.0, commit="abc1234")
    text = report.write(results, tmp_path).read_text(encoding="utf-8")
    assert "## Side by side" not in text and "| **not reached** |" in text


def test_a_load_under_which_nothing_was_answered_is_drawn(data, tmp_path):
    for step in data["load"]["stock Rasa"]["Socket.IO"]:
        del step["p95"]
    plots.draw_load(data["load"], tmp_path / "load.png")
    assert (tmp_path / "load.png").read_bytes().startswith(PNG)


def test_a_part_is_current_only_on_the_source_that_it_was_measured_on(tmp_path):
    results = Results(tmp_path)
    assert not results.is_current("screen", "one") and results.data("screen") is None
    results.write("screen", "one", {"a": 1}, 1.0, 0.0, "abc")
    assert results.is_current("screen", "one") and not results.is_current("screen", "two")
    assert results.data("screen") == {"a": 1}
