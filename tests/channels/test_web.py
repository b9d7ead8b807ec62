"""The web channel: page, sessions, origins, probes."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore, SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.exceptions import RasaException
from serving import ScriptedAssistant, serving

from assistant.channels import readiness
from assistant.channels.readiness import Shared
from assistant.channels.sessions import Sessions
from assistant.channels.web import WebInput
from assistant.channels.web.files import STATIC
from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.process import Worker
from assistant.escalation.escalation import Escalation
from assistant.escalation.health import WITHHELD, Health
from assistant.escalation.recorder import Recorder
from assistant.escalation.replies import default_replies
from assistant.escalation.store import default_store
from assistant.escalation.times import now
from assistant.observability.exposition import TOKEN
from assistant.red_flags import RedFlagScreen, Screening, load_lexicon
from assistant.secret import site_secret


@pytest.fixture
def web(server):
    """A browser-like client of the page."""
    client = requests.Session()
    client.base = f"{server.url}/webhooks/web"
    client.headers.update({"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
    return client


def begin(web, **options: object) -> requests.Response:
    reply = web.post(f"{web.base}/session", timeout=60, **options)
    if reply.status_code == 201:
        web.headers["Authorization"] = f"Bearer {reply.json()['token']}"
    return reply


def say(web, text: object = "hello", message_id: object = "m1", **options) -> requests.Response:
    body = {"message": text, "message_id": message_id}
    return web.post(f"{web.base}/message", json=body, timeout=60, **options)


def conversation_of(web) -> str | None:
    token = web.headers["Authorization"].removeprefix("Bearer ")
    return Sessions(site_secret(), 3600).conversation(token)


@pytest.mark.parametrize(
    "address, content_type",
    [
        ("/", "text/html"),
        ("/widget.js", "text/javascript"),
        ("/assets/chat.css", "text/css"),
        ("/assets/element.js", "text/javascript"),
        ("/theme/theme.css", "text/css"),
        ("/assets/icon.svg", "image/svg+xml"),
    ],
)
def test_the_page_comes_with_strict_headers(web, address: str, content_type: str):
    reply = web.get(web.base + address, timeout=60)
    assert reply.status_code == 200 and reply.headers["Content-Type"].startswith(content_type)
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_holds_no_inline_script_or_style(web):
    page = web.get(f"{web.base}/", timeout=60).text
    assert "style=" not in page and "onclick" not in page and page.count("<script") == 1


@pytest.mark.parametrize("name", ["%2e%2e%2fweb.py", "..%2f..%2f..%2fsite.yml", "nothing.js"])
def test_no_other_file_can_be_read(web, name: str):
    assert web.get(f"{web.base}/assets/{name}", timeout=60).status_code == 404


def test_the_page_without_its_slash_leads_to_the_page(web):
    reply = web.get(web.base, timeout=60, allow_redirects=False)
    assert reply.status_code == 302 and reply.headers["Location"] == "/webhooks/web/"


def test_welcome_says_what_it_is(web):
    reply = web.get(f"{web.base}/welcome", timeout=60).json()
    text = " ".join(reply["lines"])
    for phrase in ("computer program", "emergency", "Nobody watches", "not been reviewed"):
        assert phrase in text
    assert "{" not in text


def test_a_message_in_a_session_is_answered(web, assistant: ScriptedAssistant):
    assert begin(web).status_code == 201
    messages = say(web).json()["messages"]
    assert messages[0]["custom"]["kind"] == "answer"
    assert assistant.seen[0].sender_id.startswith("web-")
    assert assistant.seen[0].input_channel == "web"


def test_the_token_comes_in_the_reply_and_no_cookie_is_set(web):
    reply = begin(web)
    assert reply.json()["seconds"] == 12 * 3600 and reply.json()["continued"] is False
    assert "Set-Cookie" not in reply.headers


def test_nobody_can_name_a_conversation(web, assistant: ScriptedAssistant):
    begin(web)
    body = {"message": "hi", "sender": "anna", "conversation": "web-x", "session_id": "web-y"}
    web.post(f"{web.base}/message", json=body, timeout=60)
    assert assistant.seen[0].sender_id not in ("anna", "web-x", "web-y")


FORGED = ["", "web-guessed", "IndlYi1hIg.ZZZZ.forged"]


@pytest.mark.parametrize("call", ["message", "rating", "resume"])
@pytest.mark.parametrize("token", [None, *FORGED])
def test_without_a_good_token_every_call_is_refused(
    web, assistant: ScriptedAssistant, token: str | None, call: str
):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {"message": "hi", "message_id": "m1", "helpful": True}
    reply = web.post(f"{web.base}/{call}", json=body, headers=headers, timeout=60)
    assert reply.status_code == 401 and assistant.seen == []


def test_a_session_expires_and_another_secret_ends_it():
    sessions = Sessions(b"secret", seconds=1)
    token = sessions.issue()
    assert (sessions.conversation(token) or "").startswith("web-")
    assert Sessions(b"other", seconds=60).conversation(token) is None
    time.sleep(2.1)
    assert sessions.conversation(token) is None


def test_a_session_goes_on_for_whoever_has_its_token_and_for_nobody_else(web):
    begin(web)
    first = conversation_of(web)
    assert begin(web).json()["continued"] and conversation_of(web) == first
    web.headers["Authorization"] = "Bearer forged"
    assert not begin(web).json()["continued"]
    assert conversation_of(web) not in (None, first)


def test_every_session_is_a_new_conversation():
    sessions = Sessions(b"secret", seconds=60)
    assert len({sessions.conversation(sessions.issue()) for _ in range(100)}) == 100


def test_the_secret_is_made_once_and_private(state: Path):
    first = site_secret()
    assert site_secret() == first and len(first) == 64
    assert (state / "secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in state.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_origins_are_refused(web, assistant: ScriptedAssistant, headers: dict):
    begin(web)
    assert say(web, headers=headers).status_code == 403
    assert web.post(f"{web.base}/session", headers=headers, timeout=60).status_code == 403
    assert assistant.seen == []


def test_an_origin_of_the_settings_is_allowed(state: Path):
    channel = WebInput.from_credentials({"origins": ["https://chat.hospital.example"]})
    with serving([channel], ScriptedAssistant()) as running:
        headers = {"Origin": "https://chat.hospital.example", "Sec-Fetch-Site": "same-origin"}
        address = f"{running.url}/webhooks/web/session"
        assert requests.post(address, headers=headers, timeout=60).status_code == 201


@pytest.mark.parametrize(
    "settings", [{"session_hours": 0}, {"session_hours": "x"}, {"origins": "x"}, {"hours": 1}]
)
def test_wrong_settings_are_refused_clearly(settings: dict):
    with pytest.raises(RasaException, match=r"credentials\.yml"):
        WebInput.from_credentials(settings)


@pytest.mark.parametrize("text, message_id", [(7, "m1"), (None, "m1"), ("hi", 7), ("hi", "")])
def test_messages_that_cannot_be_used(web, text: object, message_id: object):
    begin(web)
    assert say(web, text, message_id).status_code == 400


def test_a_form_of_another_page_cannot_send(web):
    begin(web)
    headers = {"Content-Type": "text/plain"}
    reply = web.post(f"{web.base}/message", data='{"message":"hi"}', headers=headers, timeout=60)
    assert reply.status_code == 415


def test_health_is_up_while_nothing_is_ready(web):
    assert web.get(f"{web.base}/health", timeout=60).json() == {"status": "ok"}
    reply = web.get(f"{web.base}/ready", timeout=60)
    assert reply.status_code == 503
    assert reply.json()["parts"]["model"]["reason"] == "no model is loaded"


def agent_with(store) -> SimpleNamespace:
    return SimpleNamespace(is_ready=lambda: True, tracker_store=store)


@pytest.fixture
def tracker_store(state: Path) -> FailSafeTrackerStore:
    state.mkdir()
    database = str(state / "tracker.sqlite")
    return FailSafeTrackerStore(SQLTrackerStore(Domain.empty(), db=database))


@pytest.fixture
def all_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded screen, and a worker that gives signs of life."""
    monkeypatch.setattr(readiness, "installed_screen", lambda: RedFlagScreen(load_lexicon()))
    monkeypatch.setattr(readiness, "worker_fault", lambda store: None)


@pytest.mark.usefixtures("all_else_works")
def test_ready_names_its_parts(tracker_store, assistant: ScriptedAssistant):
    with serving([WebInput()], assistant, agent_with(tracker_store)) as running:
        requests.get(f"{running.url}/webhooks/web/ready", timeout=60)
        reply = requests.get(f"{running.url}/webhooks/web/ready", timeout=60)
    assert reply.status_code == 200
    parts = {"model", "red-flag-screen", "escalation-store", "escalation-worker", "tracker-store"}
    assert parts <= set(reply.json()["parts"])


@pytest.mark.usefixtures("all_else_works")
def test_ready_is_red_while_the_tracker_store_is_locked(
    tracker_store, state: Path, assistant: ScriptedAssistant
):
    other = sqlite3.connect(state / "tracker.sqlite", isolation_level=None)
    with serving([WebInput()], assistant, agent_with(tracker_store)) as running:
        address = f"{running.url}/webhooks/web/ready"
        other.execute("BEGIN IMMEDIATE")
        reply = requests.get(address, timeout=60)
        assert reply.status_code == 503
        assert reply.json()["parts"]["escalation-store"]["ok"]
        assert not reply.json()["parts"]["tracker-store"]["ok"]
        other.execute("ROLLBACK")
        time.sleep(5.5)  # Rasa's own connection waits 5 s for the lock
        reply = requests.get(address, timeout=60)
        assert reply.status_code == 200, reply.json()
    tables = other.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert ("readiness_probe",) not in tables


@pytest.mark.usefixtures("all_else_works")
def test_ready_is_red_while_the_escalation_store_is_broken(
    state: Path, assistant: ScriptedAssistant
):
    state.mkdir()
    (state / "escalations.sqlite").write_bytes(b"no database" * 500)
    agent = agent_with(InMemoryTrackerStore(Domain.empty()))
    with serving([WebInput()], assistant, agent) as running:
        address = f"{running.url}/webhooks/web/ready"
        reply = requests.get(address, timeout=60)
        assert reply.status_code == 503
        assert "not a database" in reply.json()["parts"]["escalation-store"]["reason"]
        (state / "escalations.sqlite").unlink()
        reply = requests.get(address, timeout=60)
        assert reply.status_code == 200, reply.json()


@pytest.mark.usefixtures("all_else_works")
@pytest.mark.parametrize(
    ("screen", "reason"),
    [
        (None, "no screen is loaded"),
        (SimpleNamespace(screen=lambda text: 1 / 0), "ZeroDivisionError"),
        (SimpleNamespace(screen=lambda text: Screening((), True, ("rules",))), "failed: rules"),
        (SimpleNamespace(screen=lambda text: Screening((), True)), "misses a plain emergency"),
    ],
)
def test_ready_is_red_while_the_screen_is_broken(
    screen, reason: str, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(readiness, "installed_screen", lambda: screen)
    agent = agent_with(InMemoryTrackerStore(Domain.empty()))
    with serving([WebInput()], assistant, agent) as running:
        reply = requests.get(f"{running.url}/webhooks/web/ready", timeout=60)
    assert reply.status_code == 503
    assert reason in reply.json()["parts"]["red-flag-screen"]["reason"]


def test_ready_is_red_while_no_worker_lives(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(readiness, "installed_screen", lambda: RedFlagScreen(load_lexicon()))
    agent = agent_with(InMemoryTrackerStore(Domain.empty()))
    with serving([WebInput()], assistant, agent) as running:
        address = f"{running.url}/webhooks/web/ready"
        reply = requests.get(address, timeout=60)
        assert reply.status_code == 503
        assert "no worker" in reply.json()["parts"]["escalation-worker"]["reason"]
        Worker(default_store()).step()
        assert requests.get(address, timeout=60).status_code == 200
        Worker(default_store(), clock=lambda: now() - timedelta(minutes=1)).step()
        assert requests.get(address, timeout=60).status_code == 200


def test_what_is_wrong_in_detail_is_for_the_site_alone(server, monkeypatch: pytest.MonkeyPatch):
    address = f"{server.url}/webhooks/web/ready"

    def reason(**headers: str) -> str:
        reply = requests.get(address, headers=headers, timeout=60)
        assert reply.status_code == 503 and reply.json()["ready"] is False
        return reply.json()["parts"]["model"]["reason"]

    assert reason() == "no model is loaded"
    assert reason(**{"X-Forwarded-For": "203.0.113.9"}) == WITHHELD
    monkeypatch.setenv(TOKEN, "s3cret")
    assert reason() == WITHHELD
    assert reason(Authorization="Bearer s3cret", Via="1.1 proxy") == "no model is loaded"


def test_a_crowd_of_probes_is_one_probe(server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readiness, "SECONDS_OF_AN_ANSWER", 60.0)
    probes: list[float] = []

    async def check(self: Recorder) -> None:
        probes.append(time.monotonic())
        await asyncio.sleep(0.5)

    monkeypatch.setattr(Recorder, "check", check)
    address = f"{server.url}/webhooks/web/ready"
    with ThreadPoolExecutor(8) as crowd:
        replies = list(crowd.map(lambda _: requests.get(address, timeout=60).json(), range(24)))
    assert len(probes) == 1 and all(reply == replies[0] for reply in replies)


def test_what_a_turn_finds_is_told_at_once(server, health: Health, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(readiness, "SECONDS_OF_AN_ANSWER", 60.0)
    address = f"{server.url}/webhooks/web/ready"
    assert "last-turn" not in requests.get(address, timeout=60).json()["parts"]
    health.fail("last-turn", "injected")
    assert not requests.get(address, timeout=60).json()["parts"]["last-turn"]["ok"]


@pytest.mark.parametrize("probe", ["ready", "serves"])
def test_the_canary_is_screened_beside_the_event_loop(
    probe: str, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
):
    threads: list[str] = []

    def screen(text: str) -> Screening:
        threads.append(threading.current_thread().name)
        return Screening((), True)

    monkeypatch.setattr(readiness, "installed_screen", lambda: SimpleNamespace(screen=screen))
    agent = agent_with(InMemoryTrackerStore(Domain.empty()))
    with serving([WebInput()], assistant, agent) as running:
        requests.get(f"{running.url}/webhooks/web/{probe}", timeout=60)
    assert threads == ["screen-probe"]


async def test_a_probe_that_fails_is_tried_again_and_an_old_answer_too(
    monkeypatch: pytest.MonkeyPatch,
):
    asked: list[object] = []

    async def probe(agent: object) -> int:
        asked.append(agent)
        if len(asked) == 1:
            raise RuntimeError("injected")
        return len(asked)

    shared = Shared(probe)
    with pytest.raises(RuntimeError):
        await shared("agent")
    assert await shared("agent") == 2
    monkeypatch.setattr(readiness, "SECONDS_OF_AN_ANSWER", 60.0)
    assert [await shared("agent"), await shared("agent")] == [3, 3]


def test_the_page_is_told_who_saw_its_message_and_no_other_page_is(web, state: Path):
    begin(web)
    conversation = conversation_of(web)
    case = (
        default_store().record(Escalation(conversation, "m1", "web", "page", "emergency", [])).case
    )
    address = f"{web.base}/notices"
    assert web.get(address, timeout=60).json() == {"notices": [], "staff": None}
    CaseBook(default_store()).acknowledge(case, "Joy", "terminal")
    (notice,) = web.get(address, timeout=60).json()["notices"]
    assert notice["kind"] == "seen" and "saw your message at" in notice["text"]
    assert "{" not in notice["text"]
    after = web.get(address, params={"after": notice["id"]}, timeout=60)
    assert after.json() == {"notices": [], "staff": None}
    assert web.get(address, params={"after": "x"}, timeout=60).status_code == 400
    begin(web, headers={"Authorization": ""})
    assert web.get(address, timeout=60).json() == {"notices": [], "staff": None}
    assert requests.get(address, timeout=60).status_code == 401


def resume(web, **body: object) -> dict:
    return web.post(f"{web.base}/resume", json=body, timeout=60).json()


def test_a_conversation_comes_back_in_order_after_the_last_that_was_shown(web):
    begin(web)
    for number in range(3):
        say(web, f"question {number}", f"m{number}")
    say(web, "question 0", "m0")  # sent again
    whole = resume(web)
    assert [turn["text"] for turn in whole["turns"]] == [f"question {n}" for n in range(3)]
    assert whole["more"] is False and whole["turns"][0]["messages"][0]["custom"]
    rest = resume(web, turns=whole["turns"][1]["turn"])
    assert [turn["message_id"] for turn in rest["turns"]] == ["m2"]
    begin(web, headers={"Authorization": ""})
    assert resume(web)["turns"] == []
    assert resume(web, turns=-1)["status"] == 400


def test_a_call_back_number_is_kept_with_the_case_alone(web, state: Path):
    begin(web)
    conversation = conversation_of(web)
    case = Escalation(conversation, "m0", "web", "page", "emergency", [])
    default_store().record(case)
    say(web, "Anna, 07700 900123", "m1")
    raw = b"".join(file.read_bytes() for file in state.glob("replies*"))
    assert b"900123" not in raw and b"call-back" in raw


def test_a_flood_is_refused_but_a_red_flag_gets_its_advice(
    assistant: ScriptedAssistant, rescue: list[str]
):
    channel = WebInput.from_credentials({"messages_per_minute": 5})
    with serving([channel], assistant) as running:
        client = requests.Session()
        client.base = f"{running.url}/webhooks/web"
        begin(client)
        codes = [say(client, f"hello {n}", f"m{n}").status_code for n in range(40)]
        assert codes[:5] == [200] * 5 and 429 in codes
        refused = say(client, "hello once more", "m-refused")
        assert refused.status_code == 429 and refused.json()["seconds"] >= 1
        assert "call" in refused.json()["do"] and "now" in refused.json()["do"]
        before = len(assistant.seen)
        urgent = say(client, "my legs have gone numb since last night", "m-urgent")
        assert urgent.status_code == 200 and len(assistant.seen) == before + 1


def test_the_address_is_believed_of_the_sites_proxy_alone(assistant: ScriptedAssistant):
    def codes(settings: dict) -> list[int]:
        channel = WebInput.from_credentials({"sessions_per_minute_of_address": 2, **settings})
        with serving([channel], assistant) as running:
            address = f"{running.url}/webhooks/web/session"
            return [
                requests.post(
                    address, headers={"X-Forwarded-For": f"6.6.6.6, 10.0.0.{n}"}, timeout=60
                ).status_code
                for n in range(4)
            ]

    assert codes({}) == [201, 201, 429, 429]
    assert codes({"proxies": ["127.0.0.0/8"]}) == [201] * 4


def test_a_page_of_the_settings_may_call_from_elsewhere_and_another_may_not(assistant):
    channel = WebInput.from_credentials({"origins": ["https://www.hospital.example"]})
    with serving([channel], assistant) as running:
        for origin, allowed in [
            ("https://www.hospital.example", "https://www.hospital.example"),
            ("https://evil.example", None),
        ]:
            reply = requests.options(
                f"{running.url}/webhooks/web/message", headers={"Origin": origin}, timeout=60
            )
            assert reply.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in reply.headers


def test_page_and_widget_weigh_less_than_60_kb_compressed(web, capsys):
    names = ["widget.js", "welcome"]
    names += [f"assets/{file.name}" for file in STATIC.iterdir() if file.suffix in (".js", ".css")]
    sizes = {}
    for name in names:
        reply = web.get(f"{web.base}/{name}", timeout=60, stream=True)
        sizes[name] = len(reply.raw.read(decode_content=False))
    with capsys.disabled():
        print(f"\nThe widget: {sum(sizes.values()) / 1000:.1f} kB compressed: {sizes}")
    assert sum(sizes.values()) <= 60_000


def test_consents_and_ratings_are_stored(web):
    begin(web)
    body = {"message": "hi", "message_id": "m1", "consent": "2026-11-27"}
    web.post(f"{web.base}/message", json=body, timeout=60)
    rating = {"message_id": "m1", "helpful": False, "remark": "too long"}
    assert web.post(f"{web.base}/rating", json=rating, timeout=60).json()["messages"] == []
    conversation = conversation_of(web)
    assert [version for version, _ in default_replies().consents(conversation)] == ["2026-11-27"]
    assert default_replies().ratings(conversation) == [("m1", False, "too long")]
    rating["message_id"] = "m-unknown"
    assert web.post(f"{web.base}/rating", json=rating, timeout=60).status_code == 404
    assert default_replies().purge(timedelta(seconds=-1)) == 1
    assert default_replies().consents(conversation) == default_replies().ratings(conversation) == []
