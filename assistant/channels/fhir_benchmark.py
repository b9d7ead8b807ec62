"""Messages a second over FHIR, beside plain REST: `python -m assistant.channels.fhir_benchmark`.

Starts the assistant as `make run` does, and a small server that stands for the hospital's. A
message counts from the hub's POST until its reply arrives there; a REST turn from request to reply.
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
import yaml

from assistant.cluster.programs import free_port
from assistant.escalation.delivery.webhook import signature
from assistant.faq.corpus import load_corpus
from assistant.serve import Server
from assistant.training import train

MESSAGES, AT_ONCE, SECONDS = 200, 4, 180.0
SECRET = f"whsec_{base64.b64encode(uuid.uuid4().bytes * 2).decode()}"


class Hospital:
    """Takes what is created, and remembers when each message was answered."""

    def __init__(self) -> None:
        self.answered: dict[str, float] = {}
        hospital = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                resource = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for one in resource.get("inResponseTo", []):
                    hospital.answered.setdefault(one["identifier"]["value"], time.perf_counter())
                body = json.dumps({**resource, "id": uuid.uuid4().hex}).encode()
                self.send_response(201)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, names: Sequence[str]) -> None:
        """Waits until all messages are answered.

        Raises:
            TimeoutError: If they are not within three minutes.
        """
        end = time.monotonic() + SECONDS
        while not set(names) <= self.answered.keys():
            if time.monotonic() > end:
                missing = len(set(names) - self.answered.keys())
                raise TimeoutError(f"{missing} of {len(names)} messages were not answered")
            time.sleep(0.01)


def main(arguments: list[str] | None = None) -> int:
    """Runs both and prints a table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m assistant.channels.fhir_benchmark")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    given = parser.parse_args(arguments)
    questions = [entry.question for entry in load_corpus().entries.values()]
    texts = [questions[number % len(questions)] for number in range(given.messages)]
    hospital = Hospital()
    with tempfile.TemporaryDirectory(prefix="fhir-benchmark-") as name:
        folder = Path(name)
        environment = _write_site(folder, hospital)
        server = Server(
            train(),
            port=free_port(),
            environment=environment,
            credentials=str(folder / "credentials.yml"),
            log=folder / "server.log",
        )
        with server:
            _over_fhir(server.url, hospital, texts[:20], given.at_once)  # warm
            rows = {
                "FHIR, one at a time": _over_fhir(server.url, hospital, texts[:60], 1, True),
                f"FHIR, {given.at_once} at once": _over_fhir(
                    server.url, hospital, texts, given.at_once
                ),
                "REST, one at a time": _over_rest(server.url, texts[:60], 1),
                f"REST, {given.at_once} at once": _over_rest(server.url, texts, given.at_once),
            }
    print(f"{'':24}{'messages':>10}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}")  # noqa: T201
    for title, (seconds, times) in rows.items():
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
        speed = len(times) / seconds
        print(  # noqa: T201 - a command's output
            f"{title:24}{len(times):>10}{speed:>10.1f}{p50 * 1000:>9.0f}{p95 * 1000:>9.0f}"
        )
    return 0


def _over_fhir(
    url: str, hospital: Hospital, texts: Sequence[str], at_once: int, waits: bool = False
) -> tuple[float, list[float]]:
    names = [uuid.uuid4().hex for _ in texts]
    sent: dict[str, float] = {}

    def send(number: int) -> None:
        name = names[number]
        resource = {
            "resourceType": "Communication",
            "identifier": [{"system": "urn:benchmark", "value": name}],
            "status": "completed",
            "subject": {"reference": f"Patient/{name}"},
            "sent": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "payload": [{"contentString": texts[number]}],
        }
        body, timestamp = json.dumps(resource).encode(), str(int(time.time()))
        headers = {
            "Content-Type": "application/fhir+json",
            "webhook-id": name,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature(SECRET, name, timestamp, body)}",
        }
        sent[name] = time.perf_counter()
        answer = requests.post(f"{url}/webhooks/fhir/", data=body, headers=headers, timeout=30)
        answer.raise_for_status()
        if waits:
            hospital.wait([name])

    begun = time.perf_counter()
    _all(send, len(texts), at_once)
    hospital.wait(names)
    seconds = time.perf_counter() - begun
    return seconds, [hospital.answered[name] - sent[name] for name in names]


def _over_rest(url: str, texts: Sequence[str], at_once: int) -> tuple[float, list[float]]:
    times: list[float] = []

    def send(number: int) -> None:
        name = uuid.uuid4().hex
        content = {"sender": name, "message": texts[number], "metadata": {"message_id": name}}
        begun = time.perf_counter()
        requests.post(f"{url}/webhooks/rest/webhook", json=content, timeout=30).raise_for_status()
        times.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    _all(send, len(texts), at_once)
    return time.perf_counter() - begun, times


def _all(send: Callable[[int], None], many: int, at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(send, range(many)))


def _write_site(folder: Path, hospital: Hospital) -> dict[str, str]:
    settings = {"fhir_servers": {"main": {"base_url": hospital.url, "open": True}}}
    (folder / "escalation.yml").write_text(yaml.safe_dump(settings))
    channels: dict[str, Any] = {
        "assistant.channels.rest.PatientRestInput": None,
        "assistant.channels.web.WebInput": None,
        "assistant.channels.fhir.FhirInput": {"server": "main", "signatures": {"secret": SECRET}},
    }
    (folder / "credentials.yml").write_text(yaml.safe_dump(channels))
    return {
        "ASSISTANT_STATE": str(folder),
        "ASSISTANT_ESCALATION": str(folder / "escalation.yml"),
        "TRACKER_DB": str(folder / "tracker.sqlite"),
    }


if __name__ == "__main__":
    sys.exit(main())
