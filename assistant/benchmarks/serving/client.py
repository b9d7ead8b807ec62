"""Asks services over HTTP, on connections that are kept open, and times the answers."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

import aiohttp

from assistant.benchmarks.serving.service import Service

SECONDS = 60.0  # for one answer
TURNS_OF_A_CONVERSATION = 5


@dataclass(frozen=True)
class Answer:
    """What came of one message.

    Attributes:
        seconds: Until the whole answer was there, or the failure.
        answered: Whether it was an answer to this message.
        kind: Of the first turn's object, where the service has such.
        conversation: In which it was asked.
        message_id: Under which.
    """

    seconds: float
    answered: bool
    kind: str
    conversation: str
    message_id: str


class Client:
    """Asks, from one thread. An async context."""

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def ask(self, service: Service, conversation: str, text: str) -> Answer:
        """Sends a message under a new id; a failure is an answer that did not come."""
        message_id = uuid.uuid4().hex
        body = service.body(conversation, text, message_id)
        begun = time.perf_counter()
        kind, answered = "", False
        try:
            async with self._session.post(service.url + service.path, json=body) as answer:
                content = await answer.read()
            seconds = time.perf_counter() - begun
            reply = json.loads(content)
            answered = answer.status == 200 and service.answers(reply, message_id)
            kind = str(reply[0].get("custom", {}).get("kind", "")) if answered else ""
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            seconds = time.perf_counter() - begun
        return Answer(seconds, answered, kind, conversation, message_id)

    async def ask_all(self, service: Service, texts: Sequence[str], at_once: int) -> list[Answer]:
        """Asks in so many conversations side by side, each of a few turns, one after the other."""
        answers: list[Answer] = []
        waiting = iter(texts)

        async def converse(conversations: Iterator[str]) -> None:
            for text in waiting:
                answers.append(await self.ask(service, next(conversations), text))

        await asyncio.gather(*(converse(new_conversations()) for _ in range(at_once)))
        return answers


def new_conversations() -> Iterator[str]:
    """Names of conversations, each as often as a conversation has turns."""
    while True:
        name = uuid.uuid4().hex
        for _ in range(TURNS_OF_A_CONVERSATION):
            yield name
