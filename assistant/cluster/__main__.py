"""Starts the cluster and keeps it until Ctrl-C: `make cluster`."""

from __future__ import annotations

import os
import signal
import sys
import time

from assistant.cluster import Cluster, ClusterError
from assistant.escalation.duty.settings import read_settings
from assistant.serve import PAGE, REFUSED, given_port, reached, signed
from assistant.site import load_site
from assistant.training import train
from assistant.web.console.settings import console_settings


def run() -> None:
    """Starts it, says where it is, and waits."""
    load_site()
    read_settings()
    replicas, workers = _count("REPLICAS", 3), _count("WORKERS", 2)
    host, port = os.environ.get("HOST", "127.0.0.1"), given_port()
    model = train()
    # A shell that starts us in the background has interrupts ignored: take them all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"Starting {replicas} replicas, {workers} workers and the console ...", flush=True)
    with Cluster(model, replicas, workers, host, port, console=True, terminal=True) as cluster:
        addresses = ", ".join(replica.url for replica in cluster.replicas)
        print(
            f"\nThe cluster is ready.\n"
            f"  Page: {cluster.url}{PAGE}\n"
            f"  REST: POST {cluster.url}/webhooks/rest/webhook\n"
            f"  Replicas: {addresses}\n"
            f"  Escalations: {reached()}\n"
            f"  Staff console: {console_settings().shown}\n"
            f"  Other commands (make cases, make staff-add ...): source {cluster.settings} first\n"
            f"It is no medical device. {signed()}\n"
            "Ctrl-C stops it.",
            flush=True,
        )
        while True:
            time.sleep(3600)


def _count(name: str, usual: int) -> int:
    given = os.environ.get(name, str(usual))
    if not given.isdigit() or not 1 <= int(given) <= 64:
        raise ClusterError(f"{name}={given}: must be a whole number from 1 to 64")
    return int(given)


def main() -> None:
    """Runs the cluster."""
    try:
        run()
    except (*REFUSED, ClusterError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped.")


if __name__ == "__main__":
    main()
