"""Cases in the terminal: `python -m assistant.escalation`; `make cases` runs it."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from assistant.escalation.cases import CaseBook, NoSuchCaseError
from assistant.escalation.delivery.message import PRIORITY_NAMES, about
from assistant.escalation.delivery.process import worker_fault
from assistant.escalation.duty.settings import SettingsError, load_settings
from assistant.escalation.escalation import UNACKNOWLEDGED
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.escalation.times import aware, now, utc


def main(arguments: Sequence[str] | None = None) -> int:
    """Lists, shows, acknowledges or closes; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m assistant.escalation", description=__doc__)
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--show", metavar="CASE", help="its messages and its history")
    one.add_argument("--acknowledge", metavar="CASE", help="you take it; the patient is told")
    one.add_argument("--close", metavar="CASE", help="it is done")
    parser.add_argument("--by", help="who you are (default: your login)")
    given = parser.parse_args(arguments)
    who = (given.by or getpass.getuser()).strip()
    try:
        store = patient_store()
        book = CaseBook(store)
        if given.show:
            _show(book, given.show)
        elif given.acknowledge:
            taken = book.acknowledge(given.acknowledge, who, "terminal")
            print(f"Acknowledged by {who}." if taken else _taken(book.case(given.acknowledge)))
        elif given.close:
            done = book.close(given.close, who, "terminal")
            print(f"Closed by {who}." if done else "It was closed before.")
        else:
            _list(book)
            fault = worker_fault(store)
            if fault:
                print(f"\nATTENTION: {fault}")
    except (NoSuchCaseError, EscalationStoreError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _list(book: CaseBook) -> None:
    cases = book.open_cases()
    waiting = sum(case.state in UNACKNOWLEDGED for case in cases)
    print(f"{len(cases)} open cases, {waiting} of them acknowledged by nobody")
    rows = [("case", "priority", "state", "opened", "passed on", "about", "call back")]
    rows += [
        (
            case.reference,
            PRIORITY_NAMES.get(case.priority, case.priority),
            f"{case.state}{_by(case)}",
            f"{_local(case.opened_at):%d %b %H:%M}",
            _next(case),
            about(case.kind, case.categories),
            " ".join(filter(None, (case.contact_name, case.contact_number))),
        )
        for case in cases
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows if cases else ():
        padded = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        print("  ".join(padded).rstrip())
    for delivery in book.troubled():
        state = "given up" if delivery.state == "parked" else "still failing"
        print(
            f"TROUBLE: delivery {delivery.id} to {delivery.contact} is {state} after "
            f"{delivery.attempts} attempts: {delivery.error}"
        )


def _show(book: CaseBook, reference: str) -> None:
    case = book.case(reference)
    priority = PRIORITY_NAMES.get(case.priority, case.priority)
    print(f"Case {case.reference}: {priority}, {case.state}")
    for key in ("kind", "channel", "subject", "contact_name", "contact_number"):
        if case[key]:
            print(f"  {key.replace('_', ' ')}: {case[key]}")
    print("Messages:")
    for message in book.messages(case.id):
        print(f"  {_local(message.recorded_at):%d %b %H:%M} {message.priority}")
        for mention in message.mentions:
            print(f"    {mention['category']} {mention['status']}: {mention['words']!r}")
    print("History:")
    for event in book.events(case.id):
        details = ", ".join(f"{key} {value}" for key, value in event.details.items())
        line = f"  {_local(event.at):%d %b %H:%M:%S} {event.what}: {event.who} ({event.origin})"
        print(f"{line} {details}".rstrip())


def _taken(case: Any) -> str:
    return f"Nothing changed: it is {case.state} already{_by(case)}."


def _by(case: Any) -> str:
    return f" by {case.acknowledged_by}" if case.acknowledged_by else ""


def _next(case: Any) -> str:
    if case.due_at is None:
        return ""
    left = case.due_at - utc(now())
    if left < timedelta(0):
        return "now"
    minutes = round(left.total_seconds() / 60)
    return f"in {minutes} min" if minutes < 120 else f"{_local(case.due_at):%d %b %H:%M}"


def _local(moment: datetime) -> datetime:
    return aware(moment).astimezone(load_settings().zone)


if __name__ == "__main__":
    sys.exit(main())
