"""Measures the index of wordings by size: `make benchmark-index`.

Writes docs/benchmarks/index-size.md and .png.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from assistant.benchmarks.index_size.measuring import measure
from assistant.benchmarks.index_size.report import draw, markdown
from assistant.benchmarks.index_size.wordings import Wordings
from assistant.encoder import get_encoder
from assistant.faq.corpus import load_corpus
from assistant.faq.validation import read_jsonl
from assistant.paths import ROOT, VALIDATION_DATA

SIZES = (10_000, 30_000, 100_000)
MESSAGES = 200
FOLDER = ROOT / "docs" / "benchmarks"


def main() -> None:
    """Measures each size, prints the report and writes it."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.benchmarks.index_size",
        description=(__doc__ or "").splitlines()[0],
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="beside the corpus's")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder for report and picture")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    entries = load_corpus().entries.values()
    encoder = get_encoder()
    begun = time.perf_counter()
    own = Wordings.embed(encoder, {entry.id: entry.wordings for entry in entries})
    encode_ms = (time.perf_counter() - begun) / len(own.texts) * 1000
    texts = list(dict.fromkeys(row["text"] for row in read_jsonl(VALIDATION_DATA / "faq.jsonl")))
    messages = texts[:: max(1, len(texts) // MESSAGES)][:MESSAGES]
    vectors = dict(zip(messages, encoder.encode(messages), strict=True))
    figures = {"entries": len(own.ids), "messages": len(messages), "encode_ms": encode_ms}
    options.to.mkdir(parents=True, exist_ok=True)
    measured = []
    for size in sorted({len(own.texts), *options.sizes}):
        print(f"{size:,} wordings ...", flush=True)
        measured.append(measure(own.grown_to(size), vectors))
        report = markdown(measured, figures, load)  # what has been measured is kept
        (options.to / "index-size.md").write_text(report, encoding="utf-8")
    draw(measured, options.to / "index-size.png")
    print(report)


if __name__ == "__main__":
    main()
