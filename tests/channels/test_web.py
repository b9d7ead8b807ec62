"""The web channel: page, sessions, origins, probes."""

from __future__ import annotations

import sqlite3
import time
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
from assistant.channels.sessions import Sessions
from assistant.channels.web import WebInput
from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.process import Worker
from assistant.escalation.escalation import Escalation
from assistant.escalation.store import default_store
from assistant.escalation.times import now
from assistant.red_flags import RedFlagScreen, Screening, load_lexicon
from assistant.secret import site_secret


@pytest.fixture
def web(server):
    """A browser-like client of the page."""
    client = requests.Session()
    client.base = f"{server.url}/webhooks/web"
    client.headers.update({"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
    return client


def begin(web, **wish: object) -> requests.Response:
    return web.post(f"{web.base}/session", json=wish, timeout=10)


def say(web, text: object = "hello", message_id: object = "m1", **options) -> requests.Response:
    body = {"message": text, "message_id": message_id}
    return web.post(f"{web.base}/message", json=body, timeout=10, **options)


@pytest.mark.parametrize(
    "address, content_type",
    [
        ("/", "text/html"),
        ("/assets/chat.css", "text/css"),
        ("/assets/chat.js", "text/javascript"),
        ("/assets/icon.svg", "image/svg+xml"),
    ],
)
def test_the_page_comes_with_strict_headers(web, address: str, content_type: str):
    reply = web.get(web.base + address, timeout=10)
    assert reply.status_code == 200 and reply.headers["Content-Type"].startswith(content_type)
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_holds_no_inline_script_or_style(web):
    page = web.get(f"{web.base}/", timeout=10).text
    assert "style=" not in page and "onclick" not in page and page.count("<script") == 1


@pytest.mark.parametrize("name", ["%2e%2e%2fweb.py", "..%2f..%2f..%2fsite.yml", "nothing.js"])
def test_no_other_file_can_be_read(web, name: str):
    assert web.get(f"{web.base}/assets/{name}", timeout=10).status_code == 404


def test_the_page_without_its_slash_leads_to_the_page(web):
    reply = web.get(web.base, timeout=10, allow_redirects=False)
    assert reply.status_code == 302 and reply.headers["Location"] == "/webhooks/web/"


def test_welcome_says_what_it_is(web):
    reply = web.get(f"{web.base}/welcome", timeout=10).json()
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


def test_the_cookie_is_closed_to_scripts_and_other_sites(web):
    cookie = begin(web).headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/webhooks/web", "Max-Age=43200"):
        assert part in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_secure(web):
    web.headers["X-Forwarded-Proto"] = "https"
    assert "Secure" in begin(web).headers["Set-Cookie"]


def test_nobody_can_name_a_conversation(web, assistant: ScriptedAssistant):
    begin(web)
    body = {"message": "hi", "sender": "anna", "conversation": "web-x", "session_id": "web-y"}
    web.post(f"{web.base}/message", json=body, timeout=10)
    assert assistant.seen[0].sender_id not in ("anna", "web-x", "web-y")


@pytest.mark.parametrize("token", ["", "web-guessed", "IndlYi1hIg.ZZZZ.forged"])
def test_a_forged_session_is_refused(web, assistant: ScriptedAssistant, token: str):
    reply = say(web, cookies={"assistant_session": token})
    assert reply.status_code == 401 and assistant.seen == []


def test_a_session_expires_and_another_secret_ends_it():
    sessions = Sessions(b"secret", seconds=1)
    token = sessions.issue()
    assert (sessions.conversation(token) or "").startswith("web-")
    assert Sessions(b"other", seconds=60).conversation(token) is None
    time.sleep(2.1)
    assert sessions.conversation(token) is None


def test_a_session_goes_on_where_the_page_asks_for_it_and_only_then(web):
    def conversation() -> str | None:
        return Sessions(site_secret(), 60).conversation(web.cookies["assistant_session"])

    begin(web)
    first = conversation()
    begin(web, **{"continue": True})
    assert conversation() == first
    begin(web)
    assert conversation() not in (None, first)
    (cookie,) = web.cookies
    cookie.value = "forged"
    begin(web, **{"continue": True})
    assert conversation() not in (None, first)


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
    assert web.post(f"{web.base}/session", headers=headers, timeout=10).status_code == 403
    assert assistant.seen == []


def test_an_origin_of_the_settings_is_allowed(state: Path):
    channel = WebInput.from_credentials({"origins": ["https://chat.hospital.example"]})
    with serving([channel], ScriptedAssistant()) as running:
        headers = {"Origin": "https://chat.hospital.example", "Sec-Fetch-Site": "same-origin"}
        address = f"{running.url}/webhooks/web/session"
        assert requests.post(address, headers=headers, timeout=10).status_code == 201


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
    reply = web.post(f"{web.base}/message", data='{"message":"hi"}', headers=headers, timeout=10)
    assert reply.status_code == 415


def test_health_is_up_while_nothing_is_ready(web):
    assert web.get(f"{web.base}/health", timeout=10).json() == {"status": "ok"}
    reply = web.get(f"{web.base}/ready", timeout=10)
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
        requests.get(f"{running.url}/webhooks/web/ready", timeout=10)
        reply = requests.get(f"{running.url}/webhooks/web/ready", timeout=10)
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
        reply = requests.get(address, timeout=10)
        assert reply.status_code == 503
        assert reply.json()["parts"]["escalation-store"]["ok"]
        assert not reply.json()["parts"]["tracker-store"]["ok"]
        other.execute("ROLLBACK")
        time.sleep(5.5)  # Rasa's own connection waits 5 s for the lock
        reply = requests.get(address, timeout=10)
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
        reply = requests.get(address, timeout=10)
        assert reply.status_code == 503
        assert "not a database" in reply.json()["parts"]["escalation-store"]["reason"]
        (state / "escalations.sqlite").unlink()
        reply = requests.get(address, timeout=10)
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
        reply = requests.get(f"{running.url}/webhooks/web/ready", timeout=10)
    assert reply.status_code == 503
    assert reason in reply.json()["parts"]["red-flag-screen"]["reason"]


def test_ready_is_red_while_no_worker_lives(
    assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(readiness, "installed_screen", lambda: RedFlagScreen(load_lexicon()))
    agent = agent_with(InMemoryTrackerStore(Domain.empty()))
    with serving([WebInput()], assistant, agent) as running:
        address = f"{running.url}/webhooks/web/ready"
        reply = requests.get(address, timeout=10)
        assert reply.status_code == 503
        assert "no worker" in reply.json()["parts"]["escalation-worker"]["reason"]
        Worker(default_store()).step()
        assert requests.get(address, timeout=10).status_code == 200
        Worker(default_store(), clock=lambda: now() - timedelta(minutes=1)).step()
        assert requests.get(address, timeout=10).status_code == 200


def test_the_page_is_told_who_saw_its_message_and_no_other_page_is(server, state: Path):
    session = requests.Session()
    session.post(f"{server.url}/webhooks/web/session", timeout=10)
    secret = Sessions(site_secret(), 3600)
    conversation = secret.conversation(session.cookies["assistant_session"])
    case = (
        default_store().record(Escalation(conversation, "m1", "web", "page", "emergency", [])).case
    )
    address = f"{server.url}/webhooks/web/notices"
    assert session.get(address, timeout=10).json() == {"notices": [], "staff": None}
    CaseBook(default_store()).acknowledge(case, "Joy", "terminal")
    (notice,) = session.get(address, timeout=10).json()["notices"]
    assert notice["kind"] == "seen" and "saw your message at" in notice["text"]
    assert "{" not in notice["text"]
    after = session.get(address, params={"after": notice["id"]}, timeout=10)
    assert after.json() == {"notices": [], "staff": None}
    assert requests.get(address, timeout=10).status_code == 401
    assert session.get(address, params={"after": "x"}, timeout=10).status_code == 400
