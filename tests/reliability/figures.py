"""The table of figures: what was tried, lost and duplicated, and how long it took."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from receiver import Receiver
from sites import Site
from stream import Stream

from assistant.escalation.store import EscalationStore

HEAD = (
    "database",
    "run",
    "escalations",
    "tries",
    "killed",
    "lost",
    "duplicated",
    "recorded p50",
    "p99",
    "delivered p50",
    "p99",
)


class Figures:
    """Collects a row for each run."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []

    def add(
        self,
        url: str,
        run: str,
        stream: Stream,
        store: EscalationStore,
        receivers: Sequence[Receiver],
        site: Site,
        killed: int,
    ) -> None:
        """Counts one run; seconds from the moment in which a message was sent first."""
        rows = [row for row in store.records() if row["message_id"] in stream.sent]
        counts, cases = Counter(row["message_id"] for row in rows), cases_of(rows)
        recorded = recordings(site.log, stream)
        arrived = arrivals(store, receivers[0])
        lost = [one for one in stream.sent if cases.get(one) not in arrived]
        twice = [one for one, count in counts.items() if count > 1]
        self.rows.append(
            (
                url.split(":")[0],
                run,
                str(len(stream.sent)),
                str(stream.tries),
                str(killed),
                str(len(lost)),
                str(len(twice)),
                *_spread([recorded[one] - stream.sent[one] for one in recorded]),
                *_spread([arrived[cases[one]] - stream.sent[one] for one in cases]),
            )
        )

    def __str__(self) -> str:
        lines = [HEAD, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
        return "\n".join(
            "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
            for line in lines
        )


def cases_of(rows: list[dict]) -> dict[str, int]:
    return {row["message_id"]: row["case_id"] for row in rows}


def recordings(log: str, stream: Stream) -> dict[str, float]:
    """When the record of each message was committed first."""
    moments: dict[str, float] = {}
    for message_id, at in re.findall(r"RECORDED (\S+) (\d+\.\d{3})", log):
        if message_id in stream.sent:
            moments.setdefault(message_id, float(at))
    return moments


def arrivals(store: EscalationStore, receiver: Receiver) -> dict[int, float]:
    """When the first notification of each case arrived, by the case's id."""
    from test_kills import all_cases

    ids = {case.reference: case.id for case in all_cases(store)}
    moments: dict[int, float] = {}
    for key, one in receiver.acted.items():
        for case in one["cases"]:
            moments.setdefault(ids[case["reference"]], receiver.times[key])
    return moments


def _spread(seconds: Sequence[float]) -> tuple[str, str]:
    if not seconds:
        return "-", "-"
    p50, p99 = np.percentile(seconds, [50, 99])
    return f"{p50:.2f} s", f"{p99:.2f} s"
