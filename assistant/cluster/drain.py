"""What a container does before it is told to end: `python -m assistant.cluster.drain`.

Waits until nobody sends it new messages, and until its emergency journal is recorded: the journal
is the one thing that lies in a container and nowhere else.
"""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from collections.abc import Callable

from assistant.paths import state_folder

READY = "http://127.0.0.1:{port}/webhooks/web/ready"  # asking records what waits
SECONDS_BETWEEN_LOOKS = 2.0


def drain(leave: float, most: float, look: Callable[[], None]) -> bool:
    """Waits.

    Args:
        leave: Seconds until load balancers have noticed that it ends.
        most: Seconds to wait for the journal after that.
        look: Has the journal recorded, if that can be.

    Returns:
        Whether nothing is left.
    """
    time.sleep(leave)
    deadline = time.monotonic() + most
    while _waits():
        if time.monotonic() > deadline:
            return False
        look()
        if _waits():
            time.sleep(min(SECONDS_BETWEEN_LOOKS, most))
    return True


def _waits() -> bool:
    folder = state_folder()
    return (folder / "unrecorded.jsonl").exists() or any(folder.glob("unrecorded.*.replaying"))


def main() -> None:
    """Drains; ends with 1 where records are left in the journal."""
    parser = argparse.ArgumentParser(prog="python -m assistant.cluster.drain", description=__doc__)
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--leave", type=float, default=8.0)
    parser.add_argument("--most", type=float, default=60.0)
    given = parser.parse_args()

    def look() -> None:
        try:
            urllib.request.urlopen(READY.format(port=given.port), timeout=10).close()
        except OSError:  # not ready, as it says itself, or not there
            return

    if not drain(given.leave, given.most, look):
        sys.exit(f"Escalations wait in the emergency journal of {state_folder()}: keep its volume.")


if __name__ == "__main__":
    main()
