"""A real nginx with our settings before small upstreams: what is sent twice, and what never."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest
import requests

from assistant.cluster.nginx import Balance, nginx, render
from assistant.cluster.programs import free_port, open_way

ID = "Assistant-Request-Id"
SENT_TWICE = ("rest/webhook", "web/message", "web/resume", "web/session")
SENT_ONCE = ("fhir/Communication", "hub/messages", "twilio/webhook", "web/socket.io/")


class Upstream(ThreadingHTTPServer):
    """A replica that answers, or dies with each request in its hands."""

    def __init__(self, *, dies: bool) -> None:
        self.seen: list[dict[str, str]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                seen.append({**self.headers, "path": self.path})
                if dies:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def ids(self) -> list[str]:
        return [headers[ID] for headers in self.seen]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="assistant-nginx-") as name:
        open_way(Path(name), Path(name))
        yield Path(name)


@pytest.fixture
def balanced(folder: Path) -> Iterator:
    """Starts nginx before upstreams: `balanced(upstream, ...)` gives its address."""
    started = []

    def start(*replicas: str, proxies: tuple = ()) -> str:
        listen = f"127.0.0.1:{free_port()}"
        program = nginx(Balance(listen, replicas, proxies), folder / f"nginx-{len(started)}")
        program.start()
        started.append(program)
        return f"http://{listen}"

    yield start
    for program in started:
        program.stop()


@pytest.mark.parametrize("path", SENT_TWICE)
def test_message_in_the_hands_of_a_dying_replica_goes_to_another_under_the_same_id(balanced, path):
    dying, living = Upstream(dies=True), Upstream(dies=False)
    url = balanced(dying.address, living.address)
    answers = [requests.post(f"{url}/webhooks/{path}", json={}, timeout=30) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert dying.seen, "the dying one was never asked"
    assert set(dying.ids) < set(living.ids) and len(set(living.ids)) == 3


@pytest.mark.parametrize("path", SENT_ONCE)
def test_what_carries_no_id_of_ours_is_never_sent_twice(balanced, path):
    dying, living = Upstream(dies=True), Upstream(dies=False)
    url = balanced(dying.address, living.address)
    for number in range(8):
        parameters = {"affinity": str(number)}
        requests.post(f"{url}/webhooks/{path}", json={}, params=parameters, timeout=30)
    assert dying.seen, "the dying one was never asked"
    assert not set(dying.ids) & set(living.ids)


def test_replica_that_refuses_connections_costs_no_request_of_any_kind(balanced):
    living = Upstream(dies=False)
    url = balanced(f"127.0.0.1:{free_port()}", living.address)
    for path in (*SENT_TWICE, *SENT_ONCE):
        assert requests.post(f"{url}/webhooks/{path}", json={}, timeout=30).status_code == 200


def test_what_a_client_says_of_itself_is_not_believed(balanced):
    living = Upstream(dies=False)
    url = balanced(living.address)
    forged = {"X-Forwarded-For": "203.0.113.7", ID: "mine"}
    requests.post(f"{url}/webhooks/rest/webhook", json={}, headers=forged, timeout=30)
    assert living.seen[0]["X-Forwarded-For"] == "127.0.0.1" and living.ids[0] != "mine"


def test_named_proxy_is_believed_for_the_last_address_alone(balanced):
    living = Upstream(dies=False)
    url = balanced(living.address, proxies=(ip_network("127.0.0.0/8"),))
    forwarded = {"X-Forwarded-For": "203.0.113.7, 198.51.100.2"}
    requests.post(f"{url}/webhooks/rest/webhook", json={}, headers=forwarded, timeout=30)
    assert living.seen[0]["X-Forwarded-For"] == "198.51.100.2"


def test_polls_of_one_page_reach_one_replica_and_pages_are_spread(balanced):
    replicas = [Upstream(dies=False) for _ in range(3)]
    url = balanced(*(replica.address for replica in replicas))
    for page in range(12):
        for _ in range(3):
            requests.post(
                f"{url}/webhooks/web/socket.io/", params={"affinity": page}, data="", timeout=30
            )
    whose = [{headers["path"] for headers in replica.seen} for replica in replicas]
    assert sum(len(paths) for paths in whose) == 12 and sum(map(bool, whose)) > 1


def test_body_over_the_limit_is_refused_in_the_shape_of_our_refusals(balanced):
    living = Upstream(dies=False)
    url = balanced(living.address)
    sent = requests.post(f"{url}/webhooks/rest/webhook", data=b" " * 3_000_000, timeout=30)
    assert sent.status_code == 413 and {"error", "given", "allowed", "do"} == set(sent.json())
    assert not living.seen


def test_with_no_replica_left_people_read_whom_to_call(balanced):
    url = balanced(f"127.0.0.1:{free_port()}")
    sent = requests.post(f"{url}/webhooks/rest/webhook", json={}, timeout=30)
    assert sent.status_code == 503 and "call your emergency number" in sent.json()["do"]


@pytest.mark.parametrize(
    "path", ["/metrics", "/status", "/model/parse", "/conversations/a/tracker"]
)
def test_nothing_but_the_channels_is_reached(balanced, path):
    url = balanced(Upstream(dies=False).address)
    assert requests.post(url + path, json={}, timeout=30).status_code == 404


@pytest.mark.parametrize("path", ["ready", "ready/", "/ready"])
def test_readiness_is_for_this_machine_alone(balanced, path):
    living = Upstream(dies=False)
    url = balanced(living.address, proxies=(ip_network("127.0.0.0/8"),))
    from_outside = {"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}
    asked = f"{url}/webhooks/web/{path}"
    refused = requests.post(asked, json={}, headers=from_outside, timeout=30)
    assert refused.status_code == 404 and not living.seen
    assert refused.json()["error"] == "There is nothing here."
    assert requests.post(asked, json={}, timeout=30).status_code == 200 and living.seen


def test_nginx_says_that_it_is_up_when_no_replica_is_left(balanced):
    url = balanced(f"127.0.0.1:{free_port()}")
    assert requests.get(f"{url}/nginx", timeout=30).status_code == 200


def test_waits_longer_than_a_turn_may_take():
    from assistant.channels.patient import LAST_RESORT_SECONDS, TURN_SECONDS

    text = render(Balance("127.0.0.1:1", ["127.0.0.1:2"]), None)
    seconds = int(text.split("proxy_read_timeout ")[1].split("s;")[0])
    assert seconds > TURN_SECONDS + LAST_RESORT_SECONDS + 5


def test_emergency_number_of_the_site_cannot_break_the_settings(balanced, monkeypatch, tmp_path):
    site = Path("site.yml").read_text().splitlines()
    number = 'emergency_number: "say \\"999\\" in Queen\'s $place"'
    changed = [number if line.startswith("emergency_number") else line for line in site]
    (tmp_path / "site.yml").write_text("\n".join(changed))
    monkeypatch.setenv("ASSISTANT_SITE", str(tmp_path / "site.yml"))
    url = balanced(f"127.0.0.1:{free_port()}")
    sent = requests.post(f"{url}/webhooks/rest/webhook", json={}, timeout=30)
    assert 'say "999" in Queen\'s place' in sent.json()["do"]
