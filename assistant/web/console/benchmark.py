"""How fast the list is with many cases: `python -m assistant.web.console.benchmark`.

Fills a scratch store, then asks it and the pages over HTTP, beside the same order read plainly.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import requests
from sqlalchemy import insert, select
from werkzeug.serving import make_server

from assistant.escalation.escalation import PRIORITIES, rank
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table, event_table
from assistant.escalation.times import now, utc
from assistant.web.console.accounts import Accounts
from assistant.web.console.app import create_app
from assistant.web.console.listing import PAGE_SIZE, Listing, Wanted
from assistant.web.console.passwords import random_password
from assistant.web.console.sessions import Sessions
from assistant.web.console.settings import ConsoleSettings

AT_A_TIME = 5000
CATEGORIES = ("cord-compression", "fracture", "infection", "jaw", "severe-bleeding")
SHARE_OPEN, SHARE_UNSEEN = 0.05, 0.3  # of all cases; of the open ones
PORT = 5016


def fill(store: EscalationStore, cases: int, share_open: float) -> None:
    """Fills an empty store.

    Args:
        store: The store.
        cases: How many.
        share_open: Of them, 0 to 1.
    """
    chance = random.Random(7)
    began = utc(now() - timedelta(days=300))
    for first in range(0, cases, AT_A_TIME):
        numbers = range(first, min(first + AT_A_TIME, cases))
        rows = [
            _case(number, began + timedelta(minutes=4 * number), share_open, chance)
            for number in numbers
        ]
        events = [
            {
                "case_id": number + 1,
                "at": began,
                "what": "recorded",
                "who": "assistant",
                "origin": "web",
                "details": {},
            }
            for number in numbers
        ]
        with store.transaction("fill") as connection:
            connection.execute(insert(case_table), rows)
            connection.execute(insert(event_table), events)


def _case(number: int, at: object, share_open: float, chance: random.Random) -> dict[str, object]:
    is_open = chance.random() < share_open
    unseen = is_open and chance.random() < SHARE_UNSEEN
    named = chance.random() < 0.3
    return {
        "id": number + 1,
        "reference": f"{chance.getrandbits(32):08X}-{number}"[:16],
        "conversation": f"conversation-{number // 2}",
        "channel": "web",
        "kind": "red-flag",
        "priority": chance.choice(PRIORITIES),
        "categories": [chance.choice(CATEGORIES)],
        "state": "recorded" if unseen else "acknowledged" if is_open else "closed",
        "opened_at": at,
        "last_mention_at": at,
        "begun_at": at,
        "acknowledged_by": None if unseen else "joy",
        "contact_name": f"Patient {number}" if named else None,
        "contact_number": f"07700 {number:06d}" if named else None,
    }


def plainly(store: EscalationStore) -> list[object]:
    """The first page without indexes: all open cases are read, then sorted here."""
    with store.reading("list cases") as connection:
        rows = connection.execute(select(case_table).where(case_table.c.state != "closed")).all()
    in_order = sorted(
        rows, key=lambda row: (row.state == "acknowledged", rank(row.priority), row.opened_at)
    )
    return list(in_order[:PAGE_SIZE])


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile of a piece of work, in milliseconds."""
    work()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent), statistics.quantiles(spent, n=20)[18]


def measure(store: EscalationStore, times: int) -> list[tuple[str, float, float]]:
    """Name, median and 95th percentile of queries and pages, in milliseconds."""
    listing = Listing(store)
    reference = listing.page(Wanted()).rows[0].reference
    wanted = {
        "first page": Wanted(),
        "page 20": Wanted(page=20),
        "unseen emergencies": Wanted(state="unseen", priority="page"),
        "mine": Wanted(mine="joy"),
        "closed": Wanted(state="closed"),
        "search: reference": Wanted(state="all", search=reference),
        "search: name": Wanted(state="all", search="patient 777"),
        "search: number": Wanted(state="all", search="07700 000777"),
        "search: sign": Wanted(state="all", search="fracture"),
    }
    found = [("query, plain read of the first page", *timed(lambda: plainly(store), times))]
    for name, one in wanted.items():
        found.append((f"query, {name}", *timed(lambda one=one: listing.page(one), times)))  # type: ignore[misc]
    found.append(("query, has anything changed", *timed(listing.pulse, times)))
    accounts = Accounts(store)
    joy = accounts.add("bench", "Joy", "nurse", random_password(), "benchmark")
    client = requests.Session()
    client.trust_env = False
    client.cookies.set("console", Sessions(store).begin(joy, "benchmark"))
    app = create_app(store, ConsoleSettings(port=PORT))
    server = make_server("127.0.0.1", PORT, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pages = ("/cases", "/cases?page=20", "/cases?q=patient+777", f"/cases/{reference}")
    for path in (*pages, "/cases/changes?since="):
        found.append((f"page, {path}", *timed(lambda path=path: _got(client, path), times)))  # type: ignore[misc]
    server.shutdown()
    return found


def _got(client: requests.Session, path: str) -> None:
    client.get(f"http://127.0.0.1:{PORT}{path}", timeout=60).raise_for_status()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m assistant.web.console.benchmark")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument(
        "--open", type=float, default=SHARE_OPEN, help="share of open cases, 0 to 1"
    )
    parser.add_argument("--times", type=int, default=40)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ASSISTANT_STATE"] = folder
        store = EscalationStore(f"sqlite:///{folder}/escalations.sqlite", patience=60)
        fill(store, options.cases, options.open)
        print(f"{options.cases} cases, {options.open:.0%} of them open; milliseconds")  # noqa: T201
        print(f"{'':<44}{'p50':>8}{'p95':>8}")  # noqa: T201
        for name, middle, high in measure(store, options.times):
            print(f"{name:<44}{middle:>8.1f}{high:>8.1f}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
