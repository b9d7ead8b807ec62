"""Prints the table of the design's section 5, beside the stock bot of `config.stock.yml`.

`make evaluate`; the stock bot is trained at the first call (minutes). What went wrong is listed
in `build/evaluation/`, to be read for causes, never to be trained on.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant.paths import EVALUATION_DATA, ROOT
from assistant.serve import digest, train

REPORT = ROOT / "build" / "evaluation"
STOCK_MODEL = ROOT / "models" / "stock.tar.gz"
STOCK_TRAINED_ON = ("config.stock.yml", "domain.yml", "data/nlu", "data/stories", "faq_corpus")
SCREEN_REPEATS = 30
PORT = 5995


def train_stock() -> Path:
    """Trains the stock bot unless nothing changed."""
    stamp = STOCK_MODEL.with_suffix(".sha256")
    wanted = digest(STOCK_TRAINED_ON)
    if not (STOCK_MODEL.is_file() and stamp.is_file() and stamp.read_text() == wanted):
        print("Training the stock bot (minutes) ...", flush=True)
        command = ["train", "--config", "config.stock.yml", "--fixed-model-name", "stock"]
        with (REPORT / "train-stock.log").open("w") as log:
            subprocess.run(
                [sys.executable, "-m", "rasa", *command, "--out", str(STOCK_MODEL.parent)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )
        stamp.write_text(wanted)
    return STOCK_MODEL


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--ours-only", action="store_true", help="without the stock bot")
    parser.add_argument("--no-speed", action="store_true", help="without starting servers")
    options = parser.parse_args()
    REPORT.mkdir(parents=True, exist_ok=True)
    models = {"assistant": train()}
    if not options.ours_only:
        models["stock"] = train_stock()
    with tempfile.TemporaryDirectory() as state:
        # Before anything opens the site's own stores: an evaluation escalates nothing for real.
        os.environ["ASSISTANT_STATE"] = state
        _quality(models)
        _screen_speed()
        if not options.no_speed:
            _speed(models, Path(state))


def _quality(models: dict[str, Path]) -> None:
    from assistant.evaluation.figures import measure
    from assistant.evaluation.turns import Bot
    from assistant.faq.corpus import load_corpus

    corpus = load_corpus()
    measured = {
        name: measure(Bot.load(model), corpus, EVALUATION_DATA) for name, model in models.items()
    }
    print(f"\n{len(corpus.entries)} entries; share (hits/of, exact 95% interval)\n")
    print(f"{'':48}" + "".join(f"{name:38}" for name in measured))
    for row in measured["assistant"].rows:
        shares = "".join(f"{figures.rows[row]!s:38}" for figures in measured.values())
        print(f"{row:48}{shares}")
    for name, figures in measured.items():
        lines = [
            f"\n== {row}\n" + "\n".join(failures)
            for row, failures in figures.failures.items()
            if failures
        ]
        (REPORT / f"failures-{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    print(f"\nWhat went wrong: {REPORT.relative_to(ROOT)}/failures-*.txt")


def _screen_speed() -> None:
    """The screen alone: one clause, 3,000 and 20,000 characters, medians in milliseconds."""
    from assistant.dialogue.screening import _screen
    from assistant.faq.validation import read_jsonl

    assert _screen is not None
    stories = " ".join(row["text"] for row in read_jsonl(EVALUATION_DATA / "harmless.jsonl"))
    print("\nred-flag screen, one text, median")
    for characters, bar in ((40, 5), (3_000, 80), (20_000, 300)):
        times = []
        for number in range(SCREEN_REPEATS if characters < 20_000 else 8):
            # Each time another stretch: nothing comes out of a cache.
            begin = number * 97
            text = (stories * 3)[begin : begin + characters]
            begun = time.perf_counter()
            _screen.screen(text)
            times.append(time.perf_counter() - begun)
        print(
            f"  {characters:6} characters {statistics.median(times) * 1000:7.1f} ms (bar {bar} ms)"
        )


def _speed(models: dict[str, Path], state: Path) -> None:
    from assistant.evaluation.speed import measure_speed
    from assistant.faq.validation import read_jsonl

    names = ("faq", "uncovered", "harmless", "personal_advice")
    texts = [row["text"] for name in names for row in read_jsonl(EVALUATION_DATA / f"{name}.jsonl")]
    speeds = {}
    for name, model in models.items():
        folder = state / name
        folder.mkdir()
        speeds[name] = measure_speed(model, texts, folder, PORT)
    print(f"\n{'over REST, one process, SQLite':34}" + "".join(f"{name:>12}" for name in speeds))
    for field, label in (
        ("p50_ms", "a turn, p50, ms"),
        ("p95_ms", "a turn, p95, ms"),
        ("turns_per_s", "turns/s, four conversations"),
        ("start_s", "start to first answer, s"),
        ("memory_mb", "resident memory, MB"),
    ):
        values = [getattr(speed, field) for speed in speeds.values()]
        ratio = f"   ratio {values[0] / values[-1]:.2f}" if len(values) > 1 else ""
        print(f"  {label:32}" + "".join(f"{value:12.1f}" for value in values) + ratio)


if __name__ == "__main__":
    main()
