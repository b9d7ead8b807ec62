"""The FHIR channel: takes Communications and Tasks, answers on the hospital's own server."""

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
from assistant.channels.fhir.outcome import Issue, OutcomeError, outcome, refused
from assistant.channels.fhir.reading import Item, Reading, fetch_of, parse, read
from assistant.channels.hospital_settings import FhirSettings, read_settings
from assistant.channels.incoming import MAX_BODY_BYTES
from assistant.channels.mailroom import Mailroom
from assistant.channels.patient import Handler, PatientDoor
from assistant.channels.trust import KeysUnreachableError, Trust, UntrustedError, read_trust
from assistant.dialogue.capabilities import FHIR as FHIR_CHANNEL
from assistant.escalation.duty.recipients import FHIR, FhirServer
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.hospital.arrival import Arrival, Fetch, Nonce, ReplayedError, TaskUpdate
from assistant.escalation.hospital.client import JSON_TYPE, HospitalError, client_of
from assistant.escalation.hospital.fetching import Fetching, Named
from assistant.escalation.hospital.inbox import Inbox
from assistant.escalation.hospital.resources import reply
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.escalation.times import now

logger = logging.getLogger(__name__)

PREFIX = "fhir-"
METHODS = ("POST", "PUT")
JSON_TYPES = ("application/fhir+json", "application/json", "text/json", "application/json+fhir")
TRY_AGAIN_SECONDS = 5
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class FhirInput(InputChannel):
    """Routes under `/webhooks/fhir/`; see docs/hospital-integration.md.

    Args:
        server: Name of one of `fhir_servers` of escalation.yml.
        trust: Who may send.
    """

    def __init__(self, server: str, trust: Trust) -> None:
        self._server = server
        self._route = f"{FHIR}{server}"
        self._trust = trust

    @classmethod
    def name(cls) -> str:
        """The name in the address and in the tracker."""
        return FHIR_CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FhirInput:
        """Reads the channel's settings in credentials.yml.

        Raises:
            RasaException: If a setting is unknown, missing or of the wrong kind.
        """
        settings: FhirSettings = read_settings(FhirSettings, "FhirInput", credentials)
        known = load_settings().fhir_servers
        if settings.server not in known:
            raise RasaException(
                f"credentials.yml: FhirInput: server {settings.server!r} is none of fhir_servers "
                f"of escalation.yml, which has {', '.join(sorted(known)) or 'none'}"
            )
        try:
            trust = read_trust(settings.tokens, settings.signatures)
        except ValueError as error:
            raise RasaException(f"credentials.yml: FhirInput: {error}") from None
        return cls(settings.server, trust)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes of the channel."""
        store = patient_store()
        door = PatientDoor(FHIR_CHANNEL, on_new_message, tells_notices=False)  # they go by mail
        mailroom = Mailroom(store, door, PREFIX, self._write, self._fetch)
        routes = Blueprint("patient_fhir")
        door.attach(routes)
        mailroom.attach(routes)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        async def receive(request: Request, kind: str = "", id_: str = "") -> HTTPResponse:
            try:
                return await self._receive(request, kind, id_, mailroom)
            except OutcomeError as error:
                return _answer(error.status, error.issues)
            except Exception as error:  # noqa: BLE001 - outermost: no stack trace leaves
                # Nothing was kept: they send it again, and readiness tells what is broken.
                logger.error("A request could not be taken: %s", type(error).__name__)
                return _answer(503, [_passing("The message could not be kept.")])

        # As a resource or Bundle, as a rest-hook with its payload, or by id alone.
        routes.add_route(receive, "/", methods=METHODS, name="any")
        routes.add_route(receive, "/<kind:str>", methods=METHODS, name="of_kind")
        routes.add_route(receive, "/<kind:str>/<id_:str>", methods=METHODS, name="by_id")
        self._fetching = Fetching(store)
        return routes

    async def _receive(
        self, request: Request, kind: str, id_: str, mailroom: Mailroom
    ) -> HTTPResponse:
        body = request.body or b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        if len(body) > MAX_BODY_BYTES:
            raise refused(
                413, "too-long", f"The body has {len(body)} bytes; {MAX_BODY_BYTES} are allowed."
            )
        nonce = await self._checked(headers, body, mailroom)
        if body.strip():
            _check_type(headers.get("content-type", ""))
            reading = read(parse(body), self._route)
        else:
            reading = _by_id(kind, id_, self._route)
        for item in reading.items:
            if isinstance(item, Arrival) and item.text:
                privacy.withhold(item.text)
        if reading.items:
            new = await self._take(reading.items, nonce, mailroom)
            mailroom.wake()
            reading.issues += [
                _said(item, is_new) for item, is_new in zip(reading.items, new, strict=True)
            ]
        elif reading.is_faulty:
            raise OutcomeError(422, *reading.issues)
        # A faulty resource stays faulty, though its words were read.
        is_refused = reading.is_faulty and not reading.is_sound
        return _answer(422 if is_refused else 202, reading.issues)

    async def _checked(
        self, headers: dict[str, str], body: bytes, mailroom: Mailroom
    ) -> Nonce | None:
        try:
            return await mailroom.in_thread(self._trust.check, headers, body, now())
        except UntrustedError as error:
            raise refused(401, "login", f"Who sent this is not known: {error}.") from None
        except KeysUnreachableError:
            raise OutcomeError(
                503, _passing("The keys of your authority cannot be fetched.")
            ) from None

    async def _take(
        self, items: Sequence[Item], nonce: Nonce | None, mailroom: Mailroom
    ) -> list[bool]:
        try:
            return await mailroom.in_thread(mailroom.inbox.take, items, now(), nonce)
        except ReplayedError:
            text = "This request or its token came before; sign or request a new one."
            raise refused(401, "login", text) from None
        except EscalationStoreError as error:
            logger.error("A message could not be kept: %s", error)
            raise OutcomeError(503, _passing("The message could not be kept.")) from None

    def _server_now(self) -> FhirServer:
        return load_settings().fhir_servers[self._server]

    def _write(
        self,
        route: str,
        key: str,
        address: dict[str, Any],
        texts: Sequence[str],
        turns: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        return reply(self._server_now(), key, address, texts, turns, now())

    def _fetch(self, inbox: Inbox) -> bool:
        """Fetches one resource that was only named; returns whether there was one."""
        named = self._fetching.claim(now())
        if named is None:
            return False
        try:
            kind, id_ = named.reference.split("/")
            reading = read(client_of(self._server_now()).read(kind, id_), self._route)
            self._fetching.done(named, reading.items, inbox.take_one, now())
        except HospitalError as error:
            self._failed(named, error)
        except OutcomeError as error:
            self._failed(named, HospitalError(f"the resource is refused: {error}", permanent=True))
        return True

    def _failed(self, named: Named, error: HospitalError) -> None:
        dropped = self._fetching.failed(named, str(error), error.permanent, error.wait, now())
        log = logger.critical if dropped else logger.warning
        log("%s could not be fetched (attempt %d): %s", named.reference, named.attempts + 1, error)


def _by_id(kind: str, id_: str, route: str) -> Reading:
    named = fetch_of(f"{kind}/{id_}", route)
    if named is None:
        text = "The body is empty, and the address names no Communication/<id> or Task/<id>."
        raise refused(400, "required", text)
    return Reading([named])


def _check_type(content_type: str) -> None:
    kind = content_type.split(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise refused(415, "not-supported", f"Send {JSON_TYPE}; XML is not read.")


def _said(item: Item, is_new: bool) -> Issue:
    if isinstance(item, TaskUpdate):
        text = "The case was changed." if is_new else "The Task changed nothing."
    elif isinstance(item, Fetch):
        text = "It will be fetched." if is_new else "It is known already."
    else:
        text = "Taken." if is_new else "It is known already and answered once."
    return Issue("information", "informational" if is_new else "duplicate", text)


def _passing(text: str) -> Issue:
    return Issue("error", "transient", f"{text} Send it again in a few seconds.")


def _answer(status: int, issues: Sequence[Issue]) -> HTTPResponse:
    headers = dict(HEADERS)
    if status == 503:
        headers["Retry-After"] = str(TRY_AGAIN_SECONDS)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return json(outcome(issues), status=status, content_type=JSON_TYPE, headers=headers)
