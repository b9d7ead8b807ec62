"""Measures on the evaluation sets; nothing that is seen here may be trained on.

`make evaluate` prints the table of the design's section 5 beside the stock bot of
`config.stock.yml` (which is trained at the first call, minutes) and beside plain retrieval, draws
the coverage curves, and sets the red-flag screen beside plain ways to find red flags and against
changed messages; `make red-flags` and `make robustness` do that with the screen alone.
`make test-all` lets each wording of the corpus find its entry. `make ablation` takes each part of
the reader away in turn. What went wrong is listed in `build/evaluation/`, to be read for causes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.paths import EVALUATION_DATA, ROOT, VALIDATION_DATA
from assistant.training import TrainingError, digest, train

if TYPE_CHECKING:  # imported where it is needed: Rasa takes seconds
    from assistant.evaluation.counting import Figures
    from assistant.evaluation.shares import Share
    from assistant.evaluation.stock import StockModel

REPORT = ROOT / "build" / "evaluation"
SPLITS = {"evaluation": EVALUATION_DATA, "validation": VALIDATION_DATA}
WORST_SHOWN = 10


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "what", nargs="?", choices=COMMANDS, default="table", help="what to measure"
    )
    parser.add_argument("--ours-only", action="store_true", help="table: without any peer")
    parser.add_argument("--no-stock", action="store_true", help="without peers of Rasa's own")
    parser.add_argument(
        "--split",
        choices=SPLITS,
        default="evaluation",
        help="red-flags, robustness, ablation: messages",
    )
    parser.add_argument("--docs", action="store_true", help="draw into docs/, not build/")
    parser.add_argument("--figures-of", type=Path, help="measure this model alone")
    parser.add_argument("--write", type=Path, help="write its figures, or the ablation, there")
    parser.add_argument("--every", type=int, default=1, help="measure on each n-th message")
    options = parser.parse_args()
    if options.figures_of:
        with tempfile.TemporaryDirectory() as state:
            os.environ["ASSISTANT_STATE"] = state
            _write_figures(options.figures_of, options.write, options.every)
        return
    REPORT.mkdir(parents=True, exist_ok=True)
    try:
        COMMANDS[options.what](options)
    except TrainingError as error:
        sys.exit(str(error))


def table(options: argparse.Namespace) -> None:
    """The table of figures, the coverage curves, and the speed of the screen."""
    from assistant.evaluation.stock import STOCK_BOT

    models = {"assistant": train()}
    if not (options.ours_only or options.no_stock):
        models["stock"] = _trained(STOCK_BOT)
    with tempfile.TemporaryDirectory() as state:
        # Before anything opens the site's own stores: an evaluation escalates nothing for real.
        os.environ["ASSISTANT_STATE"] = state
        ours = _quality(models, None if options.ours_only else _pictures(options))
        if not options.ours_only:
            _beside_peers(ours.rows, EVALUATION_DATA, options.no_stock)
        _robustness(models["assistant"], EVALUATION_DATA)
        _screen_speed()


def leave_out(options: argparse.Namespace) -> None:
    """Each wording of the corpus, left out, finds its entry; draws who is taken for whom."""
    from assistant.encoder.encoder import DEFAULT_MODEL
    from assistant.evaluation.confusion import count_confusions, draw_confusions
    from assistant.evaluation.leave_one_out import FOLDS, leave_each_out, leave_folds_out
    from assistant.evaluation.retraining import load_training_set, remembering_encoder
    from assistant.faq.corpus import load_corpus

    training, encoder = load_training_set(), remembering_encoder(DEFAULT_MODEL)
    # Ranking needs neither of the judges that are fitted on these.
    training = replace(training, several=(), conversations=())
    texts, entries = zip(*training.wordings, strict=True)
    nearest = leave_each_out(encoder.encode(texts), entries)
    print(f"{len(texts)} wordings; share (hits/of, exact 95% interval)\n")
    print(f"{'the nearest other wording by cosine':48}{nearest.overall}")
    print(f"Training {FOLDS} times (minutes) ...", flush=True)
    ours = leave_folds_out(
        training.wordings, lambda kept: training.with_wordings(kept).train(encoder)
    )
    print(f"{'the reader, trained without each tenth':48}{ours.overall}\n")
    print(f"The worst {WORST_SHOWN} entries (reader; cosine; found instead by the reader):")
    beside = nearest.by_entry()
    for entry, share in list(ours.by_entry().items())[:WORST_SHOWN]:
        instead = ", ".join(f"{times} x {found}" for found, times in ours.mistaken(entry)[:3])
        print(f"  {entry:36}{share!s:34}{beside[entry].value:6.1%}  {instead}")
    topics = {entry.id: entry.topic for entry in load_corpus().entries.values()}
    file = _pictures(options) / "confusion.png"
    title = f"Wordings left out, and the entries they found: {str(ours.overall).strip()}"
    draw_confusions(topics, count_confusions(list(topics), ours.right, ours.found), title, file)
    print(f"\nWho is taken for whom: {file.relative_to(ROOT)}")


def ablation(options: argparse.Namespace) -> None:
    """The reader without each of its parts."""
    from assistant.evaluation.ablation import ablate, ablation_table, load_reader_sets
    from assistant.evaluation.retraining import load_training_set

    training = load_training_set()
    rows = {}
    sets = load_reader_sets(SPLITS[options.split], [*training.answers])
    for name, shares in ablate(training, sets):
        print(f"measured: {name}", flush=True)
        rows[name] = shares
    markdown = ablation_table(rows)
    print(f"\n{markdown}")
    if options.write:
        options.write.write_text(
            "# The reader without each of its parts\n\n"
            f"Written by `make ablation`: the reader alone, on data/{options.split}; share "
            f"(hits/of, exact 95% interval).\n\n{markdown}\n",
            encoding="utf-8",
        )


def red_flags(options: argparse.Namespace) -> None:
    """The red-flag screen alone, without whole turns, beside plain ways to find red flags."""
    from assistant.evaluation.red_flag_peers import load_red_flag_sets, measure_flags
    from assistant.evaluation.served import load_served_screen

    screen, folder = load_served_screen(train()), SPLITS[options.split]
    ours = measure_flags(
        lambda texts: [screen.screen(text).flagged for text in texts], load_red_flag_sets(folder)
    )
    _beside_peers(ours, folder, options.no_stock)


def robustness(options: argparse.Namespace) -> None:
    """The red-flag screen against changed messages."""
    _robustness(train(), SPLITS[options.split])


COMMANDS: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "table": table,
    "test-all": leave_out,
    "ablation": ablation,
    "red-flags": red_flags,
    "robustness": robustness,
}


def _pictures(options: argparse.Namespace) -> Path:
    return ROOT / "docs" if options.docs else REPORT


def _trained(model: StockModel) -> Path:
    if not model.is_current():
        print(f"Training {model.name} (an hour and more) ...", flush=True)
    return model.train(REPORT / f"train-{model.name}.log")


def _write_figures(model: Path, file: Path, every: int) -> None:
    """One model's figures as JSON, for `make corpus-publish` to compare."""
    from assistant.evaluation.figures import measure
    from assistant.evaluation.turns import Bot
    from assistant.faq.corpus import load_corpus

    figures = measure(Bot.load(model), load_corpus(), EVALUATION_DATA, every)
    rows = {name: (share.hits, share.of) for name, share in figures.rows.items()}
    # With how they are counted: figures that a publication kept compare with no others.
    messages = digest([str(EVALUATION_DATA.relative_to(ROOT)), "assistant/evaluation"])
    file.write_text(json.dumps({"every": every, "messages": messages, "rows": rows}, indent=1))


def _quality(models: dict[str, Path], pictures: Path | None) -> Figures:
    """The rows of all bots; those of plain retrieval and the curves where pictures are wanted.

    Returns:
        Those of ours.
    """
    from assistant.evaluation.figures import measure
    from assistant.evaluation.plain_retrieval import measure_plain_retrieval
    from assistant.evaluation.red_flags import red_flag_failures
    from assistant.evaluation.turns import Bot
    from assistant.faq.corpus import load_corpus

    corpus = load_corpus()
    measured = {
        name: measure(Bot.load(model), corpus, EVALUATION_DATA) for name, model in models.items()
    }
    if pictures:
        picture = pictures / "coverage.png"
        measured.update(measure_plain_retrieval(corpus, models["assistant"], picture))
        print(f"\nCoverage and errors: {picture.relative_to(ROOT)}")
    print(f"\n{len(corpus.entries)} entries; share (hits/of, exact 95% interval)\n")
    print(f"{'':48}" + "".join(f"{name:38}" for name in measured))
    for row in measured["assistant"].rows:
        shares = "".join(f"{figures.rows.get(row, '-')!s:38}" for figures in measured.values())
        print(f"{row:48}{shares}")
    print("\nEntries mistaken for others (right entry -> ranked first):")
    for (right, taken), times in measured["assistant"].confusions.most_common():
        print(f"  {times} x  {right} -> {taken}")
    print("\nWhat went wrong with red flags:")
    print("\n".join(red_flag_failures(measured["assistant"])))
    for name, figures in measured.items():
        file = REPORT / f"failures-{name}.txt"
        file.write_text(figures.failures_text(), encoding="utf-8")
    print(f"\nAll that went wrong: {REPORT.relative_to(ROOT)}/failures-*.txt")
    return measured["assistant"]


def _beside_peers(ours: Mapping[str, Share], folder: Path, no_stock: bool) -> None:
    """Our rows of red flags beside those of plain ways to find them."""
    from assistant.evaluation.red_flag_peers import (
        flag_table,
        load_red_flag_sets,
        measure_red_flag_peers,
    )
    from assistant.evaluation.stock import RED_FLAG_DIET

    diet = None if no_stock else _trained(RED_FLAG_DIET)
    sets, validation = load_red_flag_sets(folder), load_red_flag_sets(VALIDATION_DATA)
    peers = measure_red_flag_peers(sets, validation, diet)
    print(f"\n{flag_table({'assistant': ours, **peers})}")


def _robustness(model: Path, folder: Path) -> None:
    """What the screen alone still flags of changed messages."""
    from assistant.evaluation import robustness
    from assistant.evaluation.served import load_served_screen
    from assistant.faq.validation import read_jsonl

    screen = load_served_screen(model)
    measured = robustness.measure_robustness(
        lambda text: screen.screen(text).flagged,
        read_jsonl(folder / "red_flags.jsonl"),
        [row["text"] for row in read_jsonl(folder / "harmless.jsonl")],
        robustness.load_padding(VALIDATION_DATA),
    )
    print(f"\n{robustness.robustness_table(measured)}")
    file = REPORT / "lost-when-changed.txt"
    file.write_text("\n".join(robustness.lost_messages(measured)), encoding="utf-8")
    print(f"What was lost: {file.relative_to(ROOT)}")


def _screen_speed() -> None:
    """The screen alone: one clause, 3,000 and 20,000 characters, medians in milliseconds."""
    from assistant.dialogue.screening import installed_screen
    from assistant.evaluation.speed import SCREEN_BARS, screen_milliseconds
    from assistant.faq.validation import read_jsonl

    screen = installed_screen()
    assert screen is not None
    stories = " ".join(row["text"] for row in read_jsonl(EVALUATION_DATA / "harmless.jsonl"))
    print("\nred-flag screen, one text, median")
    for characters, bar in SCREEN_BARS.items():
        taken = screen_milliseconds(screen, stories, characters)
        print(f"  {characters:6} characters {taken:7.1f} ms (bar {bar} ms)")


if __name__ == "__main__":
    main()
