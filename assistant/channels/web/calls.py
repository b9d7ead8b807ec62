"""What a patient's page can ask for, the same over Socket.IO and over HTTP."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from assistant.channels.incoming import (
    Rating,
    RequestError,
    clean,
    read_message,
    read_number,
    read_rating,
)
from assistant.channels.patient import PatientDoor, emergency_number
from assistant.channels.web.limits import RateLimit
from assistant.channels.web.settings import WebSettings
from assistant.channels.web.visitors import Visitor
from assistant.escalation.replies import ReplyStore, Turn
from assistant.escalation.times import aware
from assistant.escalation.worker import Worker
from assistant.observability.metrics import REFUSALS

Body = dict[str, Any]
Call = Callable[[Visitor, Body], Awaitable[Body]]

TURNS_AT_ONCE = 100
STORE_SECONDS = 2.0
MAX_REMARK_CHARACTERS = 2_000
MAX_VERSION_CHARACTERS = 40
# Notices get their ids before they can be seen: a smaller one may turn up after a greater one.
NOTICE_OVERLAP = 50


class Calls:
    """Answers calls by name: `message`, `rating`, `resume`, `shown`.

    Args:
        door: Of the channel.
        replies: Where its turns are kept.
        settings: The limits.
    """

    def __init__(self, door: PatientDoor, replies: ReplyStore, settings: WebSettings) -> None:
        self._door = door
        self._replies = replies
        self._of_session = RateLimit(settings.messages_per_minute)
        self._of_address = RateLimit(settings.messages_per_minute_of_address)
        self._most_waiting = settings.waiting_messages
        self._waiting: Counter[str] = Counter()
        self._worker = Worker("web-turns")
        self.by_name: dict[str, Call] = {
            "message": self.message,
            "rating": self.rating,
            "resume": self.resume,
            "shown": self.shown,
        }

    async def message(self, visitor: Visitor, body: Body) -> Body:
        """Answers a message: {"message", "message_id", "consent"?} to {"messages", "turn"}.

        Raises:
            RequestError: 400; 429 for one over a limit that holds no red flag.
        """
        incoming = read_message(body, body.get("message_id"))
        await self._note_consent(visitor, body.get("consent"))
        await self._check_limits(visitor, incoming.text)
        if visitor.received is not None and incoming.message_id is not None:
            await visitor.received(incoming.message_id)
        self._waiting[visitor.conversation] += 1
        try:
            reply = await self._door.reply(visitor.conversation, incoming)
        finally:
            self._waiting[visitor.conversation] -= 1
            self._waiting += Counter()  # forgets who has none
        return {"messages": reply.messages, "turn": reply.number}

    async def rating(self, visitor: Visitor, body: Body) -> Body:
        """Stores whether an answer helped: {"message_id", "helpful", "remark"?} to {"messages"}.

        The messages are the advice about a red flag in the remark, mostly none.

        Raises:
            RequestError: 400; 404 for a message that this conversation does not have; 503 where it
                could not be stored.
        """
        rating = read_rating(body)
        remark = _read_remark(body.get("remark"))
        advice = []
        if remark:
            advice = await self._door.remark(visitor.conversation, rating.message_id, remark)
        await self._store_rating(visitor, rating, remark)
        return {"messages": advice}

    async def resume(self, visitor: Visitor, body: Body) -> Body:
        """What a page lacks, after {"turns", "notices"}, the greatest numbers that it has shown.

        The answer is {"turns", "more", "notices", "staff"}. A notice may come again: its id tells.

        Raises:
            RequestError: 400; 503 where the turns cannot be read.
        """
        after = read_number(body.get("turns", 0), "turns")
        shown = read_number(body.get("notices", 0), "notices")
        turns = await self._asked(
            lambda: self._replies.turns(visitor.conversation, after, TURNS_AT_ONCE)
        )
        await self._door.standing.note_told(visitor.conversation, shown)
        told = await self._door.standing.told(visitor.conversation, max(0, shown - NOTICE_OVERLAP))
        return {
            "turns": [_shown(one) for one in turns],
            "more": len(turns) == TURNS_AT_ONCE,
            **told,
        }

    async def shown(self, visitor: Visitor, body: Body) -> Body:
        """Takes {"notices"}, the greatest number that a page has shown: staff see that it arrived.

        Raises:
            RequestError: 400.
        """
        shown = read_number(body.get("notices", 0), "notices")
        await self._door.standing.note_told(visitor.conversation, shown)
        return {}

    async def _check_limits(self, visitor: Visitor, text: str) -> None:
        """Refuses a message over a limit - unless the screen sees a red flag in it."""
        waits = [
            self._of_session.seconds_until_free(visitor.conversation),
            self._of_address.seconds_until_free(visitor.address),
        ]
        if self._waiting[visitor.conversation] >= self._most_waiting:
            waits.append(1.0)
        wait = max(waits)
        if wait and not await self._door.flags(text):
            raise too_many(wait)

    async def _note_consent(self, visitor: Visitor, version: object) -> None:
        if isinstance(version, str) and 0 < len(version) <= MAX_VERSION_CHARACTERS:
            conversation = visitor.conversation
            try:
                await self._asked(lambda: self._replies.note_consent(conversation, version))
            except RequestError:
                return  # no message waits for its form; the store's fault is in the log

    async def _store_rating(self, visitor: Visitor, rating: Rating, remark: str | None) -> None:
        conversation, message_id = visitor.conversation, rating.message_id
        known = self._door.rate(conversation, message_id, rating.helpful)
        if (
            not known
            and await self._asked(lambda: self._replies.get(conversation, message_id)) is None
        ):
            raise RequestError(
                404,
                "There is no such message to rate.",
                "a `message_id` that is not among the answers of this session",
                "the `message_id` of an answer",
                "Nothing needs to be done; later answers can be rated.",
            )
        await self._asked(
            lambda: self._replies.note_rating(conversation, message_id, rating.helpful, remark)
        )

    async def _asked(self, job: Callable[[], Any]) -> Any:
        try:
            return await self._worker.run(job, STORE_SECONDS)
        except Exception as error:
            raise RequestError(
                503,
                "The conversation's store does not answer.",
                "a call that needs it",
                "the same call, in a moment",
                "Try again.",
            ) from error


def too_many(seconds: float) -> RequestError:
    """The refusal of what is over a limit; it says whom to call, for nothing was read.

    Args:
        seconds: After which it may be tried again.
    """
    REFUSALS.inc()
    return RequestError(
        429,
        "There are too many messages at a time.",
        "more than the limit",
        "messages at a slower pace",
        f"Wait {math.ceil(seconds)} seconds. If you feel very unwell, do not wait: call "
        f"{emergency_number()} now.",
        math.ceil(seconds),
    )


def _read_remark(given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > MAX_REMARK_CHARACTERS:
        raise RequestError(
            400,
            "`remark` cannot be used.",
            f"a string of {len(given)} characters" if isinstance(given, str) else "no string",
            f"a string of at most {MAX_REMARK_CHARACTERS} characters",
            "Send less, or leave it out.",
        )
    return clean(given).strip() or None


def _shown(turn: Turn) -> Body:
    return {
        "turn": turn.number,
        "message_id": turn.message_id,
        "text": turn.text,
        "at": aware(turn.at).isoformat(timespec="seconds"),
        "messages": turn.messages,
    }
