"""What waits for a hospital: `python -m assistant.escalation.hospital [--again]`."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import select

from assistant.escalation.duty.settings import SettingsError
from assistant.escalation.hospital.outgoing import requeue
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.escalation.tables import outgoing_table
from assistant.escalation.times import now


def main() -> int:
    """Lists what is not sent, and on wish has refused messages tried again."""
    parser = argparse.ArgumentParser(
        prog="python -m assistant.escalation.hospital", description=__doc__
    )
    parser.add_argument("--again", action="store_true", help="try what was refused again")
    try:
        store = patient_store()
        if parser.parse_args().again:
            print(f"{requeue(store, now())} messages are tried again")
        columns = outgoing_table.c
        unsent = select(outgoing_table).where(columns.state != "sent").order_by(columns.id)
        with store.reading("list messages") as connection:
            rows = connection.execute(unsent).all()
    except (EscalationStoreError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    for row in rows:
        since = f"{row.created_at:%Y-%m-%d %H:%M}"
        print(f"{row.key}  {row.route}  {row.state} since {since}, {row.attempts} attempts")
        if row.error:
            print(f"    {row.error}")
    print(f"{len(rows)} messages are not sent")
    return 0


if __name__ == "__main__":
    sys.exit(main())
