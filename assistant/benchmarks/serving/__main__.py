"""Measures serving: `make benchmark` and `make soak`.

`benchmark` measures part by part and keeps each in `build/benchmark/`, so that a run that was cut
off goes on where it stood; then it writes the report, and fails unless all bars are reached. One
that is not measured is not reached, such as those beside stock Rasa with `--no-stock`; with
`--quick` or `--parts` not all are asked for, so the verdict is printed alone. `soak` runs long, and
fails unless all its criteria hold, so also where it is ended early.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from assistant.benchmarks.serving import parts, report
from assistant.benchmarks.serving import soak as soaking
from assistant.benchmarks.serving.bars import bars
from assistant.benchmarks.serving.load import LoadError
from assistant.benchmarks.serving.machine import commit
from assistant.benchmarks.serving.results import Results, source_of
from assistant.benchmarks.serving.service import ServiceError
from assistant.benchmarks.serving.services import Ours
from assistant.evaluation.stock import STOCK_BOT
from assistant.paths import ROOT
from assistant.serve import ServeError
from assistant.training import TrainingError, train

RESULTS = ROOT / "build" / "benchmark"
QUICK_PARTS = ("screen", "beside", "conversation", "load")
TURNS, CONVERSATIONS = 50_000, 2_500


def main() -> int:
    """Measures and reports.

    Returns:
        1 if something could not be measured, a bar of the whole benchmark is not reached or a
        criterion of the soak does not hold, else 0.
    """
    options = _options()
    try:
        train()
        with tempfile.TemporaryDirectory(prefix="benchmark-") as state:
            # Before anything opens the site's own stores: nothing here is a patient's.
            os.environ["ASSISTANT_STATE"] = state
            return soak(options) if options.what == "soak" else benchmark(options)
    except (LoadError, ServeError, ServiceError, TrainingError) as error:
        print(error, file=sys.stderr)
        return 1


def benchmark(options: argparse.Namespace) -> int:
    """Measures the parts that are asked for, then writes the report."""
    results = Results(RESULTS / "quick" if options.quick else RESULTS)
    names = options.parts or (QUICK_PARTS if options.quick else tuple(parts.PARTS))
    minutes = sum(parts.PARTS[name][1] for name in names)
    if not options.quick:
        print(f"{', '.join(names)}: about {minutes:.0f} minutes on two idle cores", flush=True)
    sizes = parts.QUICK if options.quick else parts.WHOLE
    stock = None if options.quick or options.no_stock else _stock()
    bench = parts.Bench(train(), stock, sizes)
    source = source_of(stock)
    for name in names:
        if results.is_current(name, source) and not options.fresh:
            print(f"{name}: measured already (FRESH=yes measures again)", flush=True)
            continue
        print(f"{name} ...", flush=True)
        load, begun = os.getloadavg()[0], time.monotonic()
        found = parts.PARTS[name][0](bench)
        results.write(name, source, found, time.monotonic() - begun, load, commit())
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    _report(results, options.write or RESULTS / "report")
    if options.quick or options.parts:
        print("Not all bars were asked for: this run succeeds whether they are reached or not.")
        return 0
    return 0 if all(bar.reached for bar in bars(report.measured(results))) else 1


def soak(options: argparse.Namespace) -> int:
    """Runs long; Ctrl-C ends it early: it reports all the same, and does not say met."""
    model, stopped = train(), _Stop()
    conversations = min(options.conversations, options.turns)
    load, begun = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as name, Ours(model, Path(name)) as service:
        print(
            "    turns   seconds  p50 ms  p99 ms   RSS MB  handles  connections  cores", flush=True
        )
        seen = asyncio.run(soaking.soak(service, options.turns, conversations, _say, stopped))
        store = Path(name) / "escalations.sqlite"
        recorded = soaking.recorded_escalations(store, seen.escalations)
    judged = soaking.criteria(seen, recorded)
    results = Results(RESULTS)
    found = soaking.report(seen, judged)
    results.write("soak", source_of(None), found, time.monotonic() - begun, load, commit())
    for one in judged:
        verdict = "met" if one.met else "NOT MET"
        print(f"{one.what}: {one.found:.2f}, allowed {one.most:g}: {verdict}")
    if seen.answered + seen.lost < seen.wanted:
        print(f"Ended early: {seen.answered} of {seen.wanted} turns.")
    _report(results, options.write or RESULTS / "report")
    return 0 if all(one.met for one in judged) else 1


class _Stop:
    """Whether Ctrl-C or a polite kill has asked to end."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def __call__(self) -> bool:
        return self._asked

    def _ask(self, *_: object) -> None:
        self._asked = True


def _say(one: soaking.Window) -> None:
    print(
        f"{one.turns:9}{one.seconds:10.0f}{one.p50:8.1f}{one.p99:8.1f}{one.rss_mb:9.0f}"
        f"{one.handles:9}{one.connections:13}{one.server_cpu + one.generator_cpu:7.2f}",
        flush=True,
    )


def _stock() -> Path:
    if not STOCK_BOT.is_current():
        print("Training the stock bot (half an hour on an idle machine) ...", flush=True)
    log = ROOT / "build" / "evaluation" / "train-stock.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return STOCK_BOT.train(log)


def _report(results: Results, folder: Path) -> None:
    index = report.write(results, folder)
    text = index.read_text(encoding="utf-8")
    begin = text.index("## What must be reached")
    print(f"\n{text[begin:].split('![')[0]}\nThe whole report: {index}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.benchmarks.serving", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("what", choices=("benchmark", "soak"))
    parser.add_argument("--parts", nargs="+", choices=tuple(parts.PARTS), help="these alone")
    parser.add_argument("--quick", action="store_true", help="two minutes, without stock Rasa")
    parser.add_argument("--no-stock", action="store_true", help="without stock Rasa")
    parser.add_argument("--fresh", action="store_true", help="measure again what is known")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
    parser.add_argument("--write", type=Path, help="folder of the report (default: build/)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
