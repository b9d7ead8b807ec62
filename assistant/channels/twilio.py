"""Rasa's Twilio connector (SMS, WhatsApp), with the check of signatures that it lacks."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from rasa.core.channels.twilio import TwilioInput
from rasa.shared.exceptions import RasaException
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json
from twilio.request_validator import RequestValidator

from assistant.channels.patient import Handler

NEEDED = ("account_sid", "auth_token", "twilio_number", "public_url")


class SignedTwilioInput(TwilioInput):
    """`/webhooks/twilio/webhook`, for requests that Twilio has signed and nobody else's.

    Args:
        account_sid: Of the account.
        auth_token: Of the account; signs.
        twilio_number: From which replies come: "+44..." or "whatsapp:+44...".
        public_url: The webhook's address as Twilio has it, for the signature covers it.
    """

    def __init__(
        self, account_sid: str, auth_token: str, twilio_number: str, public_url: str
    ) -> None:
        super().__init__(account_sid, auth_token, twilio_number, debug_mode=False)
        self._public_url = public_url
        self._validator = RequestValidator(auth_token)

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> SignedTwilioInput:
        """Reads the channel's settings in credentials.yml.

        Raises:
            RasaException: If one is missing or unknown.
        """
        given = credentials or {}
        if set(given) != set(NEEDED) or not all(isinstance(one, str) for one in given.values()):
            raise RasaException(
                f"credentials.yml: SignedTwilioInput needs {', '.join(NEEDED)}, each a text in "
                f"quotes; found {', '.join(sorted(map(str, given))) or 'none'}"
            )
        return cls(**given)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The connector's routes, behind the check."""
        routes: Blueprint = super().blueprint(on_new_message)

        @routes.middleware("request")
        async def check(request: Request) -> HTTPResponse | None:
            if request.method != "POST":
                return None
            # Not Sanic's form, which leaves out the empty fields that Twilio signs as well.
            body = request.body.decode("utf-8", "replace")
            form = dict(parse_qsl(body, keep_blank_values=True))
            signed = request.headers.get("x-twilio-signature", "")
            if self._validator.validate(self._public_url, form, signed):
                return None
            return json({"error": "The request is not signed by Twilio."}, status=401)

        return routes  # type: ignore[no-any-return,unused-ignore]
