"""The plain webhook, for messaging hubs without FHIR: JSON in, signed JSON out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from rasa.core.channels.channel import InputChannel
from rasa.shared.exceptions import RasaException
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from assistant.channels import privacy
from assistant.channels.fhir.elements import moment_of
from assistant.channels.hospital_settings import HubSettings, read_settings
from assistant.channels.incoming import RequestError, clean, read_id, read_object
from assistant.channels.mailroom import Mailroom
from assistant.channels.patient import Handler, PatientDoor
from assistant.channels.trust import KeysUnreachableError, Trust, UntrustedError, read_trust
from assistant.dialogue.capabilities import HUB
from assistant.escalation.duty.recipients import WEBHOOK
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.hospital.arrival import Arrival, ReplayedError
from assistant.escalation.hospital.resources import instant, plain
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.escalation.times import now

logger = logging.getLogger(__name__)

PREFIX = "hub-"
KNOWN = ("message_id", "patient", "thread", "text", "sent", "attachments")


class HubInput(InputChannel):
    """`POST /webhooks/hub/`; see docs/hospital-integration.md.

    Args:
        callback: Name of one of `webhooks` of escalation.yml.
        trust: Who may send.
    """

    def __init__(self, callback: str, trust: Trust) -> None:
        self._route = f"{WEBHOOK}{callback}"
        self._trust = trust

    @classmethod
    def name(cls) -> str:
        """The name in the address and in the tracker."""
        return HUB

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> HubInput:
        """Reads the channel's settings in credentials.yml.

        Raises:
            RasaException: If a setting is unknown, missing or of the wrong kind.
        """
        settings: HubSettings = read_settings(HubSettings, "HubInput", credentials)
        known = load_settings().webhooks
        if settings.callback not in known:
            raise RasaException(
                f"credentials.yml: HubInput: callback {settings.callback!r} is none of webhooks of "
                f"escalation.yml, which has {', '.join(sorted(known)) or 'none'}"
            )
        try:
            return cls(settings.callback, read_trust(settings.tokens, settings.signatures))
        except ValueError as error:
            raise RasaException(f"credentials.yml: HubInput: {error}") from None

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes of the channel."""
        door = PatientDoor(HUB, on_new_message, tells_notices=False)  # they go by mail
        mailroom = Mailroom(patient_store(), door, PREFIX, _write)
        routes = Blueprint("patient_hub")
        door.attach(routes)
        mailroom.attach(routes)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        @routes.post("/")
        async def receive(request: Request) -> HTTPResponse:
            try:
                is_new = await self._take(request, mailroom)
            except RequestError as error:
                headers = {"Retry-After": "5"} if error.status == 503 else None
                return json(error.body, status=error.status, headers=headers)
            mailroom.wake()
            return json({"taken": True, "known": not is_new}, status=202)

        return routes

    async def _take(self, request: Request, mailroom: Mailroom) -> bool:
        """Keeps a message; returns whether it is new."""
        body = request.body or b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            nonce = await mailroom.in_thread(self._trust.check, headers, body, now())
            arrival = _read(read_object(body, headers.get("content-type", ""), True), self._route)
            (is_new,) = await mailroom.in_thread(mailroom.inbox.take, [arrival], now(), nonce)
            return is_new
        except UntrustedError as error:
            raise _unknown(str(error)) from None
        except ReplayedError:
            raise _unknown("this request or its token came before") from None
        except (KeysUnreachableError, EscalationStoreError) as error:
            logger.error("A message could not be kept: %s", error)
            raise RequestError(
                503, "The message could not be kept.", "a message", "any", "Send it again soon."
            ) from None


def _read(body: dict[str, Any], route: str) -> Arrival:
    message_id = read_id(body.get("message_id"), "message_id")
    patient = read_id(body.get("patient"), "patient")
    thread = None if body.get("thread") is None else read_id(body["thread"], "thread")
    text, files = body.get("text"), body.get("attachments", 0)
    unknown = sorted(set(body) - set(KNOWN))
    sent = body.get("sent")
    moment = moment_of(sent)
    if unknown or (sent is not None and moment is None):
        what = "`sent` is no moment with a zone" if not unknown else "A key is not known"
        allowed = ", ".join(KNOWN)
        raise RequestError(400, f"{what}.", f"{len(body)} keys", allowed, "Leave the others out.")
    if (
        not isinstance(text, (str, type(None)))
        or isinstance(files, bool)
        or files not in range(1000)
    ):
        raise RequestError(
            400,
            "`text` or `attachments` cannot be used.",
            "a value of another kind",
            "`text`: the patient's words; `attachments`: how many files came with them, 0 to 999",
            "Send at least one of them.",
        )
    words = clean(text or "").strip()
    if not words and not files:
        raise RequestError(
            400, "There is nothing to read.", "no `text`", "the patient's words", "Send `text`."
        )
    privacy.withhold(words)
    address = {"patient": patient, "thread": thread, "in_reply_to": message_id}
    return Arrival(
        route=route,
        subject=patient,
        reference=None,
        identities=(message_id,),
        threads=(thread,) if thread else (),
        follows=(),
        text=words or None,
        refusals=("attachment",) if files else (),
        sent_at=moment,
        address=address,
    )


def _write(
    route: str,
    key: str,
    address: dict[str, Any],
    texts: Sequence[str],
    turns: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    is_notice = any(turn.get("kind") == "notice" for turn in turns)
    return {
        "id": key,
        "type": "notice" if is_notice else "reply",
        **address,
        "sent": instant(now()),
        "text": plain("\n\n".join(texts)),
        "turns": list(turns),
    }


def _unknown(why: str) -> RequestError:
    return RequestError(
        401,
        "Who sent this is not known.",
        why,
        "a signature or a token as credentials.yml says",
        "Sign the request anew, or request a new token.",
    )
