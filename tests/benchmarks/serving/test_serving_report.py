import copy
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from figures_of_a_run import DATA

from assistant.benchmarks.serving import __main__ as command
from assistant.benchmarks.serving import plots, report
from assistant.benchmarks.serving.bars import bars
from assistant.benchmarks.serving.results import MEASURED, Results, source_of
from assistant.benchmarks.serving.tables import beside_table, load_table, table
from assistant.paths import ROOT

UNANSWERED = "turns without an answer or without its object, of all parts"
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
    assert judged["the screen alone, 3,000 characters"]  # 80.0 of 80
    assert not judged["the screen alone, 20,000 characters"]


def test_without_the_stock_bot_what_is_judged_against_it_is_not_reached(data):
    for found in (*(data["beside"][name] for name in ("turn", "at_once", "memory")), data["start"]):
        del found["stock Rasa"]
    judged = {bar.figure: bar for bar in bars(data) if "stock" in bar.figure}
    assert len(judged) == 4
    assert all(bar.found == "not measured" and not bar.reached for bar in judged.values())


def test_where_nothing_was_measured_no_bar_is_missing_and_none_is_reached(data):
    assert [bar.figure for bar in bars({})] == [bar.figure for bar in bars(data)]
    assert not any(bar.reached for bar in bars({}))


@pytest.mark.parametrize("characters", [40, 3_000, 20_000])
def test_the_screen_has_a_bar_for_each_length_that_was_not_measured(data, characters):
    del data["screen"][str(characters)]
    assert not verdicts(data)[f"the screen alone, {characters:,} characters"]


@pytest.mark.parametrize(
    "where",
    [
        ("beside", "turn", "ours", "unanswered"),
        ("beside", "at_once", "ours", "8", "unanswered"),
        ("conversation", "ours", "unanswered"),
        ("load", "ours", "Socket.IO", 1, "lost"),
        ("typing-on", "ours", "lost"),
        ("replicas-1", "REST", 0, "lost"),
        ("replicas-3", "Socket.IO", 1, "lost"),
        ("soak", "lost"),
        ("soak", "failed"),
    ],
)
def test_one_turn_without_an_answer_breaks_its_bar(data, where):
    assert verdicts(data)[UNANSWERED]
    found = data
    *path, last = where
    for step in path:
        found = found[step]
    found[last] = 1
    assert not verdicts(data)[UNANSWERED]


def test_turns_without_an_answer_need_all_parts_but_the_soak(data):
    del data["soak"]
    assert verdicts(data)[UNANSWERED]
    del data["typing-on"]
    (bar,) = (bar for bar in bars(data) if bar.figure == UNANSWERED)
    assert (bar.found, bar.reached) == ("0 (not measured: typing-on)", False)


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
    assert "| not measured | <= 0.5 times | **not reached** |" in text


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


def test_the_source_tells_which_stock_bot_took_part(tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    sources = [source_of(stock, ()) for stock in (None, tmp_path / "one", tmp_path / "two")]
    assert len({*sources}) == 3 and sources[0].endswith("stock: none")


def test_the_source_covers_what_is_asked_and_how_all_is_served():
    assert {
        "assistant",
        "actions",
        "config.stock.yml",
        "credentials.yml",
        "data/evaluation",
        "endpoints.yml",
    } <= {*MEASURED}
    assert all((ROOT / name).exists() for name in MEASURED if not name.startswith("build/"))


@pytest.mark.parametrize(
    ("arguments", "missing", "status"),
    [
        ([], (), 1),  # the screen of 20,000 characters is too slow
        ([], ("start", "screen"), 1),
        (["--parts", "sizes"], ("start",), 0),
        (["--quick"], ("start",), 0),
    ],
)
def test_a_whole_run_fails_unless_all_bars_are_reached(
    data, tmp_path, monkeypatch, capsys, arguments, missing, status
):
    assert run(data, tmp_path, monkeypatch, arguments, missing) == status
    assert ("Not all bars were asked for" in capsys.readouterr().out) == (status == 0)


def test_a_whole_run_that_reaches_all_bars_succeeds(data, tmp_path, monkeypatch):
    data["start"]["ours"]["s"] = data["screen"]["20000"]["ms"] = 1.0
    assert run(data, tmp_path, monkeypatch, [], ()) == 0


def run(data, folder, monkeypatch, arguments, missing):
    """`make benchmark` with parts that find what they are given."""
    found = {part: (lambda _, part=part: data[part], 0.0) for part in data if part != "soak"}
    found = {part: one for part, one in found.items() if part not in missing}
    monkeypatch.setattr(command.parts, "PARTS", found)
    monkeypatch.setattr(command, "QUICK_PARTS", ("sizes",))
    monkeypatch.setattr(command, "RESULTS", folder)
    monkeypatch.setattr(command, "train", lambda: folder / "model")
    monkeypatch.setattr(command, "_stock", lambda: None)
    monkeypatch.setattr(sys, "argv", ["benchmark", "benchmark", *arguments])
    return command.benchmark(command._options())
