"""A live server with a scripted assistant behind it, and a browser to look at page and widget.

The fixture `live_server` has the interface of the one with the whole assistant: `.url`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "channels"))
sys.path.insert(0, str(Path(__file__).parent))

from host_page import HostPage
from scripted import script
from serving import ScriptedAssistant, free_port, serving

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SITE = (
    'hospital: "St Example Hospital"\ncare_team: "your cancer team"\nemergency_number: "999"\n'
    'cancer_line: "the cancer line (01632 960 001)"\nout_of_hours_line: "01632 960 002"\n'
    'crisis_line: "116 123"\nhours: "9 am to 5 pm"\nlocale: en-GB\nretention_days: 30\n'
)
PAGE = "/webhooks/web/"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The site's folder for the tests of a file."""
    folder = tmp_path_factory.mktemp("web")
    (folder / "site.yml").write_text(SITE)
    settings = {
        "ASSISTANT_STATE": str(folder / "state"),
        "ASSISTANT_SITE": str(folder / "site.yml"),
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    yield folder
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="module")
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant(script)


@pytest.fixture(scope="module")
def host_page() -> Iterator[HostPage]:
    """A hospital's own site, on an origin of its own."""
    with HostPage() as page:
        yield page


@pytest.fixture(scope="module")
def channel(host_page: HostPage):
    """Makes the channel, as a site that embeds it would set it."""
    from assistant.channels.web import WebInput

    return lambda: WebInput.from_credentials(
        {
            "origins": [host_page.origin],
            "messages_per_minute": 5000,
            "messages_per_minute_of_address": 50_000,
            "sessions_per_minute_of_address": 5000,
        }
    )


@pytest.fixture(scope="module")
def live_server(assistant: ScriptedAssistant, channel, state: Path) -> Iterator[SimpleNamespace]:
    """The page's server: `live_server.url`."""
    from assistant.dialogue.remark import advice_on

    advice_on("hello", "m0")  # loads what a model loads at the start
    with serving([channel()], assistant) as running:
        yield running


class Mortal:
    """A server that can be stopped and started again at the same address."""

    def __init__(self, channel, assistant: ScriptedAssistant) -> None:
        self._channel, self._assistant = channel, assistant
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._running = None

    def start(self) -> None:
        self._running = serving([self._channel()], self._assistant, port=self.port)
        self._running.__enter__()

    def stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.__exit__(None, None, None)


@pytest.fixture
def mortal_server(channel, assistant: ScriptedAssistant, state: Path) -> Iterator[Mortal]:
    server = Mortal(channel, assistant)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:  # not for longer: its event loop is the main thread's
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

    def open_(
        width: int = 820,
        height: int = 900,
        address: str | None = None,
        socket: bool = True,
        **options: object,
    ) -> Page:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, **{"reduced_motion": "reduce", **options})
        contexts.append(context)
        if not socket:  # a proxy that lets no socket through
            context.route("**/socket.io/**", lambda route: route.abort())
            context.route_web_socket(re.compile("socket.io"), lambda socket: socket.close())
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on(
            "console",
            lambda line: page.problems.append(line.text) if line.type == "error" else None,
        )
        page.goto(address or live_server.url + PAGE)
        if address is None or address.endswith(PAGE):
            page.wait_for_selector(".entry")
            page.wait_for_selector(".banner", state="hidden")
        return page

    yield open_
    for context in contexts:
        context.close()
