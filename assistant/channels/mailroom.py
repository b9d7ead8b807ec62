"""Answers what a hospital's own messaging has left in the store, and tells what staff have done.

Each step is durable before the next: the message is kept before the hospital is told that we have
it, and the reply stands in the queue before the message counts as answered. A process that ends
between two steps, or that is too slow, leaves a claim that runs out; whoever takes it up gets the
stored reply of the turn, or makes it anew, and only one reply can stand in the queue.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from sanic import Blueprint, Sanic

from assistant.channels.incoming import read_message
from assistant.channels.notice_mail import move_notices
from assistant.channels.output import Message
from assistant.channels.patient import PatientDoor, emergency_number
from assistant.escalation.duty.settings import load_settings
from assistant.escalation.escalation import rank
from assistant.escalation.hospital.arrival import Waiting
from assistant.escalation.hospital.inbox import Inbox
from assistant.escalation.hospital.outgoing import Outgoing
from assistant.escalation.store import EscalationStore, EscalationStoreError
from assistant.escalation.times import aware, now

logger = logging.getLogger(__name__)

T = TypeVar("T")

AT_A_TIME = 8  # conversations that this process answers at once
SECONDS_BETWEEN_LOOKS = 0.5  # for what other processes have left
SECONDS_AFTER_A_FAULT = 2.0
THREADS = 4


class Writer(Protocol):
    """Writes replies in the form of one channel."""

    def __call__(
        self,
        route: str,
        key: str,
        address: dict[str, Any],
        texts: Sequence[str],
        turns: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        """Makes what is sent: see `assistant.escalation.hospital.resources.reply`."""


class Mailroom:
    """The background work of one channel in one process.

    Args:
        store: The escalation store.
        door: Answers messages.
        prefix: With which the channel's conversations begin.
        write: Writes replies.
        beside: More that the channel does at each look, such as fetching; returns whether it did.
    """

    def __init__(
        self,
        store: EscalationStore,
        door: PatientDoor,
        prefix: str,
        write: Writer,
        beside: Callable[[Inbox], bool] = lambda inbox: False,
    ) -> None:
        worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self.inbox = Inbox(store, worker, prefix)
        self._store = store
        self._door = door
        self._prefix = prefix
        self._write = write
        self._beside = beside
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"mail-{prefix}")
        self._answering: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._mail: asyncio.Event | None = None
        self._beside_at = 0.0

    def attach(self, routes: Blueprint) -> None:
        """Works from the server's start to its stop."""

        @routes.listener("after_server_start")
        async def start(app: Sanic, _loop: object) -> None:
            self._mail = asyncio.Event()
            self._loop = asyncio.ensure_future(self._repeat())

        @routes.listener("before_server_stop")
        async def stop(app: Sanic, _loop: object) -> None:
            if self._loop is not None:
                self._loop.cancel()

    def wake(self) -> None:
        """There is mail: looks at once."""
        self._beside_at = 0.0
        if self._mail is not None:
            self._mail.set()

    async def in_thread(self, job: Callable[..., T], *arguments: Any) -> T:
        """Runs a job of the store beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, job, *arguments)

    async def _repeat(self) -> None:
        assert self._mail is not None
        while True:
            pause = SECONDS_BETWEEN_LOOKS
            self._mail.clear()
            try:
                while await self._look():
                    pass
            except EscalationStoreError as error:
                pause = SECONDS_AFTER_A_FAULT
                logger.error("Messages wait until the store works: %s", error)
            except Exception:
                pause = SECONDS_AFTER_A_FAULT
                logger.exception("The mailroom failed and tries again.")
            await _first(self._mail.wait(), pause)

    async def _look(self) -> bool:
        """Does what there is to do; returns whether there was anything."""
        did = False
        free = AT_A_TIME - len(self._answering)
        if free > 0:
            for conversation in await self.in_thread(self.inbox.claim, free, now()):
                task = asyncio.ensure_future(self._answer_all(conversation))
                self._answering.add(task)
                task.add_done_callback(self._answered)
                did = True
        if time.monotonic() >= self._beside_at:
            fetched = await self.in_thread(self._beside, self.inbox)
            moved = await self.in_thread(move_notices, self._store, self._prefix, self._write)
            did = did or fetched or moved > 0
            if not fetched:
                self._beside_at = time.monotonic() + SECONDS_BETWEEN_LOOKS
        return did

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        if self._mail is not None:
            self._mail.set()
        if not task.cancelled() and task.exception() is not None:
            # Its claim runs out, and the message is answered then.
            logger.error("A conversation waits: %s", task.exception())

    async def _answer_all(self, conversation: str) -> None:
        """Answers what waits in a conversation, in order, and releases it."""
        while (message := await self.in_thread(self.inbox.next, conversation)) is not None:
            replies = await self._replies(message)
            if await self.in_thread(self.inbox.finish, message, replies, now()) != "more":
                return
        await self.in_thread(self.inbox.release, conversation)

    async def _replies(self, message: Waiting) -> list[Outgoing]:
        answers: list[Message] = []
        if message.text is not None:
            incoming = read_message({"message": message.text}, message.message_id)
            answers = await self._door.answer(message.conversation, incoming)
        if not message.answerable:
            return []
        turns = [answer["custom"] for answer in answers if isinstance(answer.get("custom"), dict)]
        texts = [answer["text"] for answer in answers if answer.get("text")]
        if message.refusals:
            texts.append(_refusal(message))
            turns = turns or [{"kind": "fallback", "message_id": message.message_id}]
        if message.late_since is not None:
            at = aware(message.late_since).astimezone(load_settings().zone)
            texts.append(f"This answers what you wrote on {at:%d %B at %H:%M}.")
        key = f"r-{message.message_id}"
        content = self._write(message.route, key, message.address, texts, turns)
        pressing = min(
            (rank(turn.get("priority")) for turn in turns if turn.get("priority")), default=9
        )
        return [Outgoing(key, message.conversation, message.route, content, pressing)]


def _refusal(message: Waiting) -> str:
    what = "pictures, sound, files or linked documents"
    read = "I have read the words only" if message.text else "I have read nothing of it"
    return (
        f"I am a computer program and cannot open {what}: {read}. Please write in words what it "
        "is about, or show it to your care team. If you feel very unwell, do not wait: call "
        f"{emergency_number()} now."
    )


async def _first(event: Awaitable[Any], seconds: float) -> None:
    try:
        await asyncio.wait_for(event, seconds)
    except asyncio.TimeoutError:
        return
