"""The REST channel: Rasa's address and shape, with our checks and replies."""

from __future__ import annotations

import hmac
import os
import uuid
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from assistant.channels.forwarded import forwarded_id
from assistant.channels.incoming import (
    RequestError,
    read_after,
    read_id,
    read_message,
    read_object,
)
from assistant.channels.patient import Handler, PatientDoor
from assistant.channels.sessions import CONVERSATION_PREFIX
from assistant.dialogue.capabilities import REST


class PatientRestInput(InputChannel):
    """`POST /webhooks/rest/webhook` with {"sender", "message", "metadata": {"message_id"}}.

    `input_channel` of the client is ignored. Without a sender the message has a conversation of its
    own; its id is the `recipient_id` of the reply. Where `ASSISTANT_TOKEN` is set, clients send it
    as bearer token.
    """

    @classmethod
    def name(cls) -> str:
        """The name of the stock channel: same address, same channel in the tracker."""
        return REST

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes of the channel."""
        door = PatientDoor(REST, on_new_message)
        routes = Blueprint("patient_rest")
        door.attach(routes)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            try:
                _check_token(request)
                body = _read(request)
                forwarded = forwarded_id(request)
                conversation = _conversation(body.get("sender"), forwarded)
                given = _message_id(body.get("metadata"))
                incoming = read_message(body, forwarded if given is None else given)
            except RequestError as error:
                return json(error.body, status=error.status)
            return json(await door.answer(conversation, incoming))

        @routes.get("/notices")
        async def notices(request: Request) -> HTTPResponse:
            try:
                _check_token(request)
                sender = read_id(request.args.get("sender"), "sender")
                after = read_after(request.args.get("after"))
            except RequestError as error:
                return json(error.body, status=error.status)
            await door.standing.note_told(sender, after)
            return json(await door.standing.told(sender, after))

        return routes


def _check_token(request: Request) -> None:
    """Refuses whoever lacks the token, where `ASSISTANT_TOKEN` asks for one."""
    token = os.environ.get("ASSISTANT_TOKEN")
    if token and not hmac.compare_digest((request.token or "").encode(), token.encode()):
        raise RequestError(
            401,
            "The token is missing or wrong.",
            "no bearer token" if request.token is None else "another token",
            "the one that the site set as ASSISTANT_TOKEN",
            "Send it as `Authorization: Bearer ...`.",
        )


def _read(request: Request) -> dict[str, Any]:
    if request.args.get("stream", "false").lower() not in ("false", "0", ""):
        raise RequestError(
            400,
            "Streaming is not offered.",
            "the parameter `stream`",
            "no such parameter: the whole reply comes at once",
            "Leave `stream` out.",
        )
    from_browser = "origin" in request.headers or "sec-fetch-site" in request.headers
    return read_object(request.body, request.headers.get("content-type", ""), from_browser)


def _conversation(sender: object, forwarded: str | None) -> str:
    if sender is None:
        return f"rest-{forwarded or uuid.uuid4().hex}"
    sender = read_id(sender, "sender")
    if sender.startswith(CONVERSATION_PREFIX):
        raise RequestError(
            400,
            "`sender` cannot be used.",
            f"a string that begins with `{CONVERSATION_PREFIX}`",
            "any other beginning: this one belongs to the web page's sessions",
            "Choose another `sender`.",
        )
    return sender


def _message_id(metadata: object) -> object:
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise RequestError(
            400,
            "`metadata` is not an object.",
            type(metadata).__name__,
            'an object such as {"message_id": "..."}',
            "Send an object or leave it out.",
        )
    return metadata.get("message_id")
