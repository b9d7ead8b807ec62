"""What arrives from a hospital, as its channels read it and as it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


class ReplayedError(Exception):
    """A request that counts once came again."""


@dataclass(frozen=True)
class Nonce:
    """Something that may come only once.

    Attributes:
        key: Of a request or a token, hashed.
        expires_at: From when on it would be refused anyway, UTC.
    """

    key: str
    expires_at: datetime


@dataclass(frozen=True)
class Arrival:
    """A patient's message as a channel read it.

    Attributes:
        route: Where replies go: "fhir:<server>" or "webhook:<name>".
        subject: Who the patient is there; "" where nothing says so.
        reference: Of the message on their server, "Communication/123".
        identities: By what it is known: identifiers and ids, each as one text.
        threads: By what its thread may be named, the most telling first.
        follows: References of messages that it belongs to or replies to.
        text: The words; None where there are none to read.
        refusals: What it held that cannot be read: "attachment", "reference".
        sent_at: When the patient sent it, UTC; None where nothing says so.
        address: What the reply carries over.
        answerable: Whether there is anybody to reply to.
    """

    route: str
    subject: str
    reference: str | None
    identities: tuple[str, ...]
    threads: tuple[str, ...]
    follows: tuple[str, ...]
    text: str | None
    refusals: tuple[str, ...]
    sent_at: datetime | None
    address: dict[str, Any]
    answerable: bool = True


@dataclass(frozen=True)
class Fetch:
    """A resource that they only named: "Communication/123"."""

    route: str
    reference: str
    version: str


@dataclass(frozen=True)
class TaskUpdate:
    """What became of a Task of ours on their server.

    Attributes:
        key: Of the Task: a delivery's key and a case's reference.
        status: Of R4: "accepted", "completed" ...
        who: Its owner as the hospital names them.
    """

    key: str
    status: str
    who: str


@dataclass(frozen=True)
class Waiting:
    """A message that is to be answered.

    Attributes:
        id: Its row.
        conversation: A keyed hash: it names nobody.
        route: Where the reply goes.
        message_id: A keyed hash too.
        text: The words, None for none.
        refusals: See `Arrival`.
        address: See `Arrival`.
        answerable: See `Arrival`.
        late_since: When it was sent, where it came after later ones were answered or long after.
    """

    id: int
    conversation: str
    route: str
    message_id: str
    text: str | None
    refusals: tuple[str, ...]
    address: dict[str, Any]
    answerable: bool
    late_since: datetime | None
