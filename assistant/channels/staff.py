"""The staff's channel: one-time links of notifications. A GET shows, a POST acknowledges."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, raw

from assistant.channels.patient import Handler
from assistant.escalation.cases import CaseBook, NoSuchCaseError, state_of
from assistant.escalation.delivery.links import LinkError, key_of
from assistant.escalation.delivery.message import PRIORITY_NAMES, about
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.escalation import UNACKNOWLEDGED
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.escalation.times import aware
from assistant.escalation.worker import Worker, WorkerBusyError

logger = logging.getLogger(__name__)

T = TypeVar("T")

STAFF = "staff"
FOLDER = Path(__file__).resolve().parent.parent / "web" / "staff"
SECONDS = 15.0
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


class StaffInput(InputChannel):
    """Pages under `/webhooks/staff/`; they show no patient's words."""

    @classmethod
    def name(cls) -> str:
        """The name in the address."""
        return STAFF

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes of the channel."""
        routes = Blueprint("staff")
        worker = Worker("staff")

        @routes.middleware("response")
        async def protect(request: Request, response: HTTPResponse) -> None:
            response.headers.update(HEADERS)

        @routes.get("/assets/staff.css")
        async def style(request: Request) -> HTTPResponse:
            return raw((FOLDER / "staff.css").read_bytes(), content_type="text/css; charset=utf-8")

        @routes.get("/acknowledge/<token:str>")
        async def look(request: Request, token: str) -> HTTPResponse:
            return await _answered(worker, lambda: _shown(token))

        @routes.post("/acknowledge/<token:str>")
        async def acknowledge(request: Request, token: str) -> HTTPResponse:
            seen = (request.form or {}).get("seen", "")
            return await _answered(worker, lambda: _acknowledged(token, seen))

        return routes


async def _answered(worker: Worker, job: Callable[[], HTTPResponse]) -> HTTPResponse:
    """Runs a job beside the event loop; what fails there is said with what to do instead."""
    try:
        return await worker.run(job, SECONDS)
    except LinkError as error:
        if error.expired:
            return _page("This link has expired", [_do_instead()], status=410)
        return _page("This link is not valid", [_do_instead()], status=404)
    except NoSuchCaseError:
        return _page("The case is no longer kept", [_do_instead()], status=404)
    except (EscalationStoreError, WorkerBusyError, asyncio.TimeoutError) as error:
        logger.error("A link could not be followed: %s", error)
        text = "The record cannot be reached. <strong>Nothing has been acknowledged.</strong>"
        return _page("Not acknowledged", [f"<p>{text}</p>", _do_instead()], status=503)


def _shown(token: str, title: str = "Acknowledge") -> HTTPResponse:
    delivery, cases = CaseBook(patient_store()).of_link(_key(token))
    waiting = [case for case in cases if case.state in UNACKNOWLEDGED]
    content = [_outline(case) for case in cases]
    if not waiting:
        return _page("Acknowledged already", content)
    if delivery.link_used_at is not None:
        content.append("<p>This link was used before, and the case has come up again since.</p>")
        return _page("This link was used before", [*content, _do_instead()])
    many = "cases" if len(waiting) > 1 else "case"
    content.append(
        f"<p>You take the {many} as <strong>{escape(_name(delivery.contact))}</strong>. "
        "The patient reads that the message was seen.</p>"
        f'<form method="post"><input type="hidden" name="seen" value="{escape(state_of(cases))}">'
        '<button type="submit">Acknowledge</button></form>'
    )
    return _page(title, content)


def _acknowledged(token: str, seen: str) -> HTTPResponse:
    book, key = CaseBook(patient_store()), _key(token)
    use = book.use_link(key, seen)
    if use == "changed":
        return _shown(token, "This has changed: look again")
    _, cases = book.of_link(key)
    content = [_outline(case) for case in cases]
    return _page("Acknowledged" if use == "taken" else "Nothing changed", content)


def _key(token: str) -> str:
    return key_of(token, load_settings().link_hours)


def _outline(case: Any) -> str:
    opened = aware(case.opened_at).astimezone(load_settings().zone)
    rows = [
        ("Case", case.reference),
        ("Priority", PRIORITY_NAMES.get(case.priority, case.priority)),
        ("About", about(case.kind, case.categories)),
        ("Since", f"{opened:%d %B %Y, %H:%M}"),
        ("State", _state(case)),
    ]
    lines = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in rows)
    style = ' class="page"' if case.priority == "page" else ""
    return f"<dl{style}>{lines}</dl>"


def _state(case: Any) -> str:
    if case.state in UNACKNOWLEDGED:
        return "acknowledged by nobody"
    if case.acknowledged_at is None:
        return str(case.state)
    at = aware(case.acknowledged_at).astimezone(load_settings().zone)
    return f"{case.state}; taken by {_name(case.acknowledged_by)} at {at:%H:%M}"


def _name(contact: str) -> str:
    known = load_settings().contacts.get(contact)
    return known.name if known else contact


def _do_instead() -> str:
    console = os.environ.get("CONSOLE_URL", "").rstrip("/")
    if not console.startswith("https://"):
        return "<p>Look at the open cases on the server (<code>make cases</code>).</p>"
    link = f'<a href="{escape(console)}/cases">staff console</a>'
    return (
        f"<p>Look at the open cases in the {link}, or on the server (<code>make cases</code>).</p>"
    )


def _page(title: str, content: list[str], status: int = 200) -> HTTPResponse:
    template = Template((FOLDER / "acknowledge.html").read_text(encoding="utf-8"))
    page = template.substitute(title=escape(title), content="\n".join(content))
    return html(page, status=status)
