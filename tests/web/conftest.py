"""A live chat page with a scripted assistant behind it, and a browser to look at it.

The fixture `live_server` has the interface of the one with the whole assistant: `.url`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "channels"))

from scripted import script
from serving import ScriptedAssistant, serving

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant(script)


@pytest.fixture(scope="module")
def live_server(assistant: ScriptedAssistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """The page's server: `live_server.url`."""
    from assistant.channels.web import WebInput

    folder = tmp_path_factory.mktemp("web")
    site = folder / "site.yml"
    site.write_text(
        'hospital: "St Example Hospital"\ncare_team: "your cancer team"\nemergency_number: "999"\n'
        'cancer_line: "the cancer line (01632 960 001)"\nout_of_hours_line: "01632 960 002"\n'
        'crisis_line: "116 123"\nhours: "9 am to 5 pm"\nlocale: en-GB\nretention_days: 30\n'
    )
    before = {name: os.environ.get(name) for name in ("ASSISTANT_STATE", "ASSISTANT_SITE")}
    os.environ.update(ASSISTANT_STATE=str(folder / "state"), ASSISTANT_SITE=str(site))
    with serving([WebInput()], assistant) as running:
        yield running
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


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
def open_page(browser: Browser, live_server) -> Iterator:
    """Opens the chat page: `open_page(width=320, color_scheme="dark")`."""
    contexts = []

    def open_(width: int = 820, height: int = 900, **options: object) -> Page:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on(
            "console",
            lambda line: page.problems.append(line.text) if line.type == "error" else None,
        )
        page.goto(f"{live_server.url}/webhooks/web/")
        page.wait_for_selector(".entry")
        page.wait_for_function("document.activeElement.id === 'message'")
        return page

    yield open_
    for context in contexts:
        context.close()
