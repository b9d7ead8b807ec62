"""Reads what a client sent, and says clearly what is wrong with it - never its words."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

MAX_CHARACTERS = 20_000
MAX_BODY_BYTES = 2 * 2**20
MAX_ID_CHARACTERS = 200

_SURROGATES = re.compile(r"[\ud800-\udfff]")
_JSON_TYPES = re.compile(r"application/([\w.+-]+\+)?json|text/json")
# What curl and urllib send when nobody tells them; browsers could forge it from another page.
_CARELESS_TYPES = frozenset({"", "application/x-www-form-urlencoded", "text/plain"})


class RequestError(Exception):
    """A request that cannot be answered.

    Args:
        status: HTTP status, 4xx.
        error: What is wrong.
        given: Type and length of what was given, never its words.
        allowed: What is allowed.
        do: What to do.
        seconds: After which it may be tried again, where that helps.
    """

    def __init__(
        self, status: int, error: str, given: str, allowed: str, do: str, seconds: int | None = None
    ) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.body: dict[str, Any] = {"error": error, "given": given, "allowed": allowed, "do": do}
        if seconds is not None:
            self.body["seconds"] = seconds


@dataclass(frozen=True)
class Incoming:
    """A patient's message, ready to be answered.

    Attributes:
        text: Without leading slashes and control characters, at most `MAX_CHARACTERS`.
        message_id: The client's, None where it gave none.
        cut_from: The characters that were sent, if only the first ones are in `text`.
    """

    text: str
    message_id: str | None = None
    cut_from: int | None = None


@dataclass(frozen=True)
class Rating:
    """Whether a patient found the answer to a message helpful."""

    message_id: str
    helpful: bool


def read_object(body: bytes, content_type: str, from_browser: bool = False) -> dict[str, Any]:
    """Reads a request's body as a JSON object.

    Args:
        body: The bytes.
        content_type: The header's value, "" where there is none.
        from_browser: Whether a browser sent it: then only a JSON type will do, which no page of
            another origin can send unasked.

    Raises:
        RequestError: 413, 415 or 400.
    """
    kind, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset=\"?([\w-]+)", parameters)
    known = _JSON_TYPES.fullmatch(kind.strip()) or (
        kind.strip() in _CARELESS_TYPES and not from_browser
    )
    if not known or (charset and charset[1] not in ("utf-8", "utf8", "us-ascii")):
        raise RequestError(
            415,
            "This content type cannot be read.",
            f"Content-Type of {len(content_type)} characters, no JSON in UTF-8",
            "application/json in UTF-8",
            "Send the header `Content-Type: application/json`.",
        )
    if len(body) > MAX_BODY_BYTES:
        raise RequestError(
            413,
            "The request is too large.",
            f"{len(body)} bytes",
            f"at most {MAX_BODY_BYTES} bytes; of a message, the first {MAX_CHARACTERS} characters "
            "are read",
            "Send less, what is most urgent first.",
        )
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(
            400,
            "The body is not UTF-8.",
            f"{len(body)} bytes; byte {error.start} fits no UTF-8 character",
            "JSON in UTF-8",
            "Encode the body as UTF-8.",
        ) from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError(
            400,
            "The body is not JSON.",
            f"{len(body)} bytes that are no JSON",
            'a JSON object such as {"message": "..."}',
            "Send a JSON object.",
        ) from None
    if not isinstance(value, dict):
        raise RequestError(
            400,
            "The body is not a JSON object.",
            _described(value),
            'a JSON object such as {"message": "..."}',
            "Send a JSON object.",
        )
    return value


def read_message(body: dict[str, Any], message_id: object) -> Incoming:
    """Reads the key `message` of a body.

    Args:
        body: The JSON object.
        message_id: The client's message id from wherever the channel has it; None for none.

    Raises:
        RequestError: 400.
    """
    if "message" not in body:
        raise RequestError(
            400,
            "The key `message` is missing.",
            f"an object with {len(body)} keys",
            "`message`: the patient's text, a string",
            'Send {"message": "..."}.',
        )
    given = body["message"]
    if not isinstance(given, str):
        raise RequestError(
            400,
            "`message` is not a string.",
            _described(given),
            "a string; it may be empty",
            "Send the patient's text as a string.",
        )
    identity = None if message_id is None else read_id(message_id, "message_id")
    text = clean(given)
    if len(text) > MAX_CHARACTERS:
        return Incoming(text[:MAX_CHARACTERS], identity, cut_from=len(text))
    return Incoming(text, identity)


def read_rating(body: dict[str, Any]) -> Rating:
    """Reads the rating of an answer.

    Args:
        body: The JSON object.

    Raises:
        RequestError: 400.
    """
    helpful = body.get("helpful")
    if not isinstance(helpful, bool):
        raise RequestError(
            400,
            "`helpful` is neither true nor false.",
            _described(helpful),
            "true or false",
            'Send {"message_id": "...", "helpful": true}.',
        )
    return Rating(read_id(body.get("message_id"), "message_id"), helpful)


def read_id(given: object, name: str) -> str:
    """Checks an id that a client chose.

    Args:
        given: The value.
        name: Its key.

    Raises:
        RequestError: 400.
    """
    if (
        isinstance(given, str)
        and 0 < len(given) <= MAX_ID_CHARACTERS
        and given.isprintable()
        and not given.isspace()
    ):
        return given
    raise RequestError(
        400,
        f"`{name}` cannot be used.",
        _described(given),
        f"a string of 1 to {MAX_ID_CHARACTERS} printable characters",
        f"Send such a `{name}`, for example a UUID, or leave it out.",
    )


def read_after(given: str | None) -> int:
    """Reads the id of the last notice that a client has shown; 0 where it names none.

    Raises:
        RequestError: 400.
    """
    if given is None:
        return 0
    if given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    raise RequestError(
        400,
        "`after` cannot be used.",
        _described(given),
        "the `id` of a notice, a whole number from 0",
        "Send the greatest `id` that you have shown, or leave it out.",
    )


def read_number(given: object, name: str) -> int:
    """Checks the greatest number that a client has shown.

    Args:
        given: The value.
        name: Its key.

    Raises:
        RequestError: 400.
    """
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 10**18:
        return given
    raise RequestError(
        400,
        f"`{name}` cannot be used.",
        _described(given),
        "a whole number from 0",
        f"Send the greatest number that you have shown as `{name}`, or leave it out.",
    )


def clean(text: str) -> str:
    r"""Takes out what patients do not write: control characters and a leading slash.

    A leading slash would make Rasa take the text for a command and read none of its words.

    >>> clean(" //restart my legs\x00 are numb\r\n")
    'restart my legs are numb\n'
    """
    text = _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n"))
    text = "".join(_written(character) for character in text)
    while (stripped := text.lstrip().lstrip("/")) != text:
        text = stripped
    return text


def _written(character: str) -> str:
    if unicodedata.category(character) != "Cc" or character in "\n\t":
        return character
    return " " if character.isspace() else ""


def _described(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"a string of {len(value)} characters"
    names = {bool: "a boolean", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")
