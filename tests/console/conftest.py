"""A console on a real store, with two nurses and an administrator."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "channels"))
sys.path.insert(0, str(Path(__file__).parent.parent / "web"))

from served import PASSWORD, Visitor, serving_console, write_tracker

from assistant.escalation.store import EscalationStore
from assistant.web.console.accounts import Accounts
from assistant.web.console.sessions import Sessions
from assistant.web.console.texts import Texts

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Pages ask every two seconds; the tests have no such time.
IMPATIENT = """
    const wait = window.setTimeout;
    window.setTimeout = (work, time, ...more) => wait(work, time === 2000 ? 250 : time, ...more);
"""
STAFF = (("joy", "Joy", "nurse"), ("ann", "Ann", "nurse"), ("root", "Ruth", "admin"))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site's state folder."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("ASSISTANT_STATE", str(folder))
    monkeypatch.setenv("TRACKER_DB", str(folder / "tracker.sqlite"))
    write_tracker(folder, "nobody", [])
    return folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its accounts, made once: migrations and hashes take a while."""
    file = tmp_path_factory.mktemp("prepared") / "escalations.sqlite"
    accounts = Accounts(EscalationStore(f"sqlite:///{file}", patience=10))
    for login, name, role in STAFF:
        accounts.add(login, name, role, PASSWORD, "test")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def store(state: Path, prepared: Path) -> EscalationStore:
    """Joy and Ann are nurses, Ruth (login root) is an administrator."""
    file = shutil.copy(prepared, state / "escalations.sqlite")
    return EscalationStore(f"sqlite:///{file}", patience=10)


@pytest.fixture
def staff(store: EscalationStore) -> Accounts:
    return Accounts(store)


@pytest.fixture(scope="session")
def repository_texts() -> Texts:
    """What patients read, loaded once: it takes seconds."""
    return Texts()


@pytest.fixture
def console(store: EscalationStore, staff: Accounts, repository_texts: Texts) -> Iterator:
    with serving_console(store, texts=repository_texts) as running:
        yield running


@pytest.fixture
def visitor(console) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(console.url)


@pytest.fixture
def entered(console, store: EscalationStore, staff: Accounts) -> Callable[[str], Visitor]:
    """Somebody with a session of their own: `entered("joy")`."""

    def enter(login: str) -> Visitor:
        person = Visitor(console.url)
        own = next(one for one in staff.all() if one.login == login)
        key = Sessions(store).begin(own, "127.0.0.1")
        person.cookies.set("console", key, domain="127.0.0.1", path="/")
        return person

    return enter


@pytest.fixture
def joy(entered) -> Visitor:
    return entered("joy")


@pytest.fixture
def ann(entered) -> Visitor:
    return entered("ann")


@pytest.fixture
def admin(entered) -> Visitor:
    return entered("root")


@pytest.fixture
def case(store: EscalationStore, escalation) -> str:
    """The reference of an emergency."""
    fired = [{"by": "cord/numb", "words": "numb legs", "score": 1.0, "threshold": None}]
    mention = {
        "category": "cord-compression",
        "status": "present",
        "urgency": "emergency",
        "priority": "page",
        "words": "numb legs",
        "fired": [*fired, {"by": "classifier", "words": "legs", "score": 0.93, "threshold": 0.4}],
    }
    return store.record(escalation(mentions=[mention])).case or ""


# Not for the session: while it runs, its event loop is the main thread's.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium, or set CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser of its own: `open_page(url, width=360, color_scheme="dark")`."""
    contexts = []

    def open_(url: str, width: int = 1100, height: int = 900, **options: object) -> Page:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on(
            "console",
            lambda line: page.problems.append(line.text) if line.type == "error" else None,
        )
        page.add_init_script(IMPATIENT)
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def nurse_page(open_page, console, entered) -> Callable[..., Page]:
    """A page of somebody who is logged in: `nurse_page("joy", "/cases")`."""

    def open_(login: str, path: str = "/cases", **options: object) -> Page:
        page = open_page(f"{console.url}/log-in", **options)
        key = entered(login).cookies["console"]
        page.context.add_cookies([{"name": "console", "value": key, "url": console.url}])
        page.goto(f"{console.url}{path}")
        return page

    return open_
