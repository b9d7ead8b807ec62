"""Texts as the patient sees them, before they are published: a page on this machine alone."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.dialogue.capabilities import WEB
from assistant.dialogue.renderer import Renderer
from assistant.dialogue.turn import TURN_SLOT
from assistant.faq.corpus import load_corpus
from assistant.faq.document import ContentError
from assistant.faq.importer import CorpusImporter, response_key
from assistant.paths import ROOT
from assistant.red_flags.advice import install_advice, load_advice
from assistant.red_flags.mention import categories
from assistant.site import SiteError, load_site
from assistant.web.welcome import welcome

STATIC = ROOT / "assistant" / "web" / "static"
FOLDER = Path(__file__).parent / "preview_page"
PAGES = {"": "preview.html", "preview.js": "preview.js"}
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
SHOWN = "preview"


def text_ids() -> list[str]:
    """All texts that there are: entries, then `advice/<category>`."""
    return [*load_corpus().entries, *(one.text_id for one in load_advice().values())]


def preview_messages(text_id: str) -> list[dict[str, Any]]:
    """The messages that a patient would get for a text, as the files stand.

    Args:
        text_id: An entry's id, or `advice/<category>` for each of its priorities in turn.

    Raises:
        KeyError: If there is no such text.
        ContentError: If a file is faulty.
    """
    load_advice.cache_clear()
    install_advice(None)  # the files', not a model's
    category = text_id.removeprefix("advice/")
    if category != text_id:
        advice = load_advice()[category]
        turns = [_flagged_turn(category, priority) for priority in advice.texts]
        return [_rendered("utter_red_flag", advice.title, turn) for turn in turns]
    entry = load_corpus().entries[text_id]
    return [_rendered(response_key(text_id), entry.question, None)]


def _rendered(action: str, asked: str, turn: dict[str, Any] | None) -> dict[str, Any]:
    domain = CorpusImporter().get_domain().merge(Domain.load(ROOT / "domain.yml"))
    tracker = DialogueStateTracker.from_events(
        SHOWN,
        [UserUttered(asked, input_channel=WEB, message_id=SHOWN)],
        domain.slots,
    )
    if turn is not None:
        tracker.update(SlotSet(TURN_SLOT, turn))
    message = asyncio.run(Renderer(domain=domain).generate(action, tracker, WEB))
    assert message is not None
    return {"asked": asked, "message": message}


def _flagged_turn(category: str, priority: str) -> dict[str, Any]:
    mention = {
        "category": category,
        "urgency": categories()[category],
        "status": "present",
        "priority": priority,
        "words": "",
        "source": SHOWN,
    }
    return {
        "message_id": SHOWN,
        "channel": WEB,
        "flagged": True,
        "failed": False,
        "complete": True,
        "urgency": categories()[category],
        "priority": priority,
        "mentions": [mention],
        "answers": [],
    }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = unquote(self.path).strip("/")
        try:
            if path in PAGES:
                self._send((FOLDER / PAGES[path]).read_bytes(), Path(PAGES[path]).suffix)
            elif path == "texts":
                self._send(json.dumps(text_ids()).encode(), ".json")
            elif path.startswith("texts/"):
                shown = preview_messages(path.removeprefix("texts/"))
                content = {"site": welcome(load_site()), "shown": shown}
                self._send(json.dumps(content).encode(), ".json")
            else:
                file = STATIC / Path(path).name
                self._send(file.read_bytes(), file.suffix)
        except (KeyError, FileNotFoundError):
            self._send(f"There is no {path!r}.".encode(), ".txt", HTTPStatus.NOT_FOUND)
        except (ContentError, SiteError) as error:
            self._send(str(error).encode(), ".txt", HTTPStatus.UNPROCESSABLE_ENTITY)

    def _send(self, content: bytes, suffix: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{TYPES[suffix]}; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """An editor's terminal needs no access log."""


def preview_server(port: int = 0) -> ThreadingHTTPServer:
    """The preview on this machine alone; each look reads the files anew.

    Args:
        port: To listen on; 0 for any free one.
    """
    return ThreadingHTTPServer(("127.0.0.1", port), _Handler)
