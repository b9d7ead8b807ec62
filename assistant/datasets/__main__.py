"""Reports on the message sets: counts, balance, twins, leaks.

`make data` prints it; `make data DOCS=yes` writes `docs/data.md` too. The messages behind it are
listed in `build/data-report.txt`, but of what an evaluation set has only the place. Ends with 1
where a held-out message stands in another split too, or a training message under two labels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant.datasets.messages import Message, read_messages
from assistant.datasets.report import data_report
from assistant.datasets.twins import (
    CONFLICT,
    LOOKS,
    REDUNDANCY,
    Look,
    Twins,
    exact_twins,
    faults,
    near_twins,
)
from assistant.encoder import get_encoder
from assistant.faq.document import ContentError
from assistant.paths import BUILT_ENCODERS, ROOT

# Not our own encoder: it was taught with the labels of these messages.
PLAIN_ENCODER = "all-MiniLM-L6-v2"


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, compares, prints; ends with 1 if something must not be."""
    parser = argparse.ArgumentParser(prog="assistant.datasets", description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write docs/data.md too")
    parser.add_argument("--no-encoder", action="store_true", help="compare spelling alone")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout's folder")
    options = parser.parse_args(arguments)
    try:
        messages = read_messages(options.root)
    except (ContentError, ValueError) as error:
        sys.exit(str(error))
    encoder_built = (BUILT_ENCODERS / PLAIN_ENCODER / "encoder.json").is_file()
    encode = get_encoder(PLAIN_ENCODER).encode if encoder_built and not options.no_encoder else None
    if not encoder_built:
        print("Without the look at the meaning: no encoder yet, `make encoder` exports it.")
    twins = [*exact_twins(messages), *near_twins(messages, encode)]
    looks: tuple[Look, ...] = LOOKS if encode else LOOKS[:-1]
    report = data_report(messages, twins, looks)
    print(report)
    if options.docs:
        (options.root / "docs" / "data.md").write_text(report, encoding="utf-8")
    listing = options.root / "build" / "data-report.txt"
    listing.parent.mkdir(exist_ok=True)
    listing.write_text("\n".join(_listed(twins)) + "\n", encoding="utf-8")
    print(f"The messages behind it: {listing.relative_to(options.root)}")
    wrong = faults(twins)
    if wrong:
        sys.exit("\n".join(wrong))


def _listed(twins: Sequence[Twins]) -> list[str]:
    """One line for each pair that an editor may act on; no words that an evaluation set has."""
    secret = {
        message
        for pair in twins
        if pair.second.split == "evaluation"
        for message in (pair.first, pair.second)
    }

    def side(message: Message) -> str:
        if message in secret:
            return message.place
        return f"{message.place}\t{'+'.join(message.labels)}\t{message.text}"

    return sorted(
        f"{'leak' if pair.across_splits else pair.relation}\t{pair.look} {pair.likeness:.2f}\t"
        f"{side(pair.first)}\t{side(pair.second)}"
        for pair in twins
        if pair.across_splits
        or (pair.first.split == "training" and pair.relation in (CONFLICT, REDUNDANCY))
    )


if __name__ == "__main__":
    main()
