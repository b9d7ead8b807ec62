"""What all channels of patients share: from a message to a reply, whatever breaks in between."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, Sanic

from assistant.channels import privacy
from assistant.channels.gate import TurnGate
from assistant.channels.incoming import MAX_CHARACTERS, Incoming
from assistant.channels.model_swap import gate_of, watch_publications
from assistant.channels.output import Message, TurnOutput
from assistant.channels.shared_locks import SharedLocks, conversation_locks
from assistant.channels.standing import Standing
from assistant.dialogue.screening import screen_message
from assistant.escalation.escalation import Escalation
from assistant.escalation.recorder import Recorder, recorder_of
from assistant.escalation.replies import Reply, ReplyStore, default_replies, digest_of
from assistant.escalation.store import default_store
from assistant.escalation.worker import Worker
from assistant.learning.turns import RecentTurns
from assistant.observability.logs import note_ids
from assistant.observability.metrics import measured, note_last_resort, note_turn
from assistant.observability.stages import stage
from assistant.site import load_site

logger = logging.getLogger(__name__)

Handler = Callable[[UserMessage], Awaitable[Any]]

TURN_SECONDS = 15.0
LAST_RESORT_SECONDS = 3.0
SECONDS_TO_END = 20.0  # for the turns under way: the longest, its last resort and the stores
SECONDS_FOR_CONNECTIONS = 25  # Sanic's own patience, with whoever waits for a reply over HTTP
REPLY_STORE_SECONDS = 0.5
SCREEN_SECONDS = 2.0
TURN_PART, REPLY_PART, LOCKS_PART = "last-turn", "reply-store", "shared-locks"


def last_resort(text: str) -> list[Message]:
    """The assistant's reply of last resort; loaded late, so that not even its import can hurt."""
    from assistant.dialogue.last_resort import last_resort_reply

    return last_resort_reply(text)  # type: ignore[no-any-return,unused-ignore]


def advice_on_remark(text: str, message_id: str) -> list[Message]:
    """The advice that a remark asks for, if any; loaded late, like the last resort."""
    from assistant.dialogue.remark import advice_on

    return advice_on(text, message_id)


@dataclass(frozen=True)
class _Turn:
    """What a turn gave.

    Attributes:
        messages: The reply.
        words: The patient's, as they may be kept: without a call-back number.
        told: The greatest id of the notices that the reply brings; 0 for none.
    """

    messages: list[Message]
    words: str
    told: int


class PatientDoor:
    """Answers the messages of one channel.

    Args:
        channel: Its name, which the tracker keeps as the message's input channel.
        on_new_message: Rasa's handler.
        replies: Stored replies; by default the site's.
        recorder: Records the red flags that only the last resort saw, and knows the registry that
            is told of faults; by default the site's.
        turn_seconds: How long a turn may take before the patient gets the last resort.
        tells_notices: Whether replies also say who has seen an earlier message; not where the
            client asks by itself.
        keeps_turns: Whether turns are kept with the patient's words, for a client that shows the
            conversation again after a reload.
    """

    def __init__(
        self,
        channel: str,
        on_new_message: Handler,
        replies: ReplyStore | None = None,
        recorder: Recorder | None = None,
        turn_seconds: float = TURN_SECONDS,
        tells_notices: bool = True,
        *,
        keeps_turns: bool = False,
    ) -> None:
        self.channel = channel
        self.recorder = recorder or recorder_of(default_store())
        self.health = self.recorder.health
        self._on_new_message = on_new_message
        self._replies = replies or default_replies()
        self._turn_seconds = turn_seconds
        self._tells_notices = tells_notices
        self._keeps_turns = keeps_turns
        self.standing = Standing(self.recorder.store, self.health, channel)
        self._locks = conversation_locks()
        self._recent = RecentTurns(channel)
        self._store_worker = Worker("reply-store")
        self._last_resort_worker = Worker("last-resort", stuck_after=LAST_RESORT_SECONDS)
        self._screen_worker = Worker("screen-over-limit")
        self._running: set[asyncio.Task[Any]] = set()
        self._gate = TurnGate()

    def attach(self, routes: Blueprint) -> None:
        """Records at the server's start what waits in the journal, ends turns before its end."""

        @routes.listener("after_server_start")
        async def start(app: Sanic, _loop: object) -> None:
            app.config.GRACEFUL_SHUTDOWN_TIMEOUT = SECONDS_FOR_CONNECTIONS
            self._gate = gate_of(app)
            watch_publications(app)
            self._in_background(self.recorder.check())

        @routes.listener("before_server_stop")
        async def stop(app: Sanic, _loop: object) -> None:
            app.ctx.publication_watch.cancel()

        @routes.listener("after_server_stop")
        async def end(_app: Sanic, _loop: object) -> None:
            if self._running:  # of clients that hung up, and of hospitals' messages
                await asyncio.wait(self._running, timeout=SECONDS_TO_END)

    async def answer(self, conversation: str, incoming: Incoming) -> list[Message]:
        """Answers a message: never with nothing, never raising.

        A client that hangs up does not stop its turn: when it asks again, the reply is there.

        Args:
            conversation: Its id.
            incoming: The checked message.

        Returns:
            The messages of the reply; the first holds the turn's object as `custom`.
        """
        return (await self.reply(conversation, incoming)).messages

    async def reply(self, conversation: str, incoming: Incoming) -> Reply:
        """Like `answer`, with the number of the turn where turns are kept."""
        answering = self._in_background(self._answer(conversation, incoming))
        reply: Reply = await asyncio.shield(answering)
        return reply

    async def flags(self, text: str) -> bool:
        """Whether the screen sees a red flag, for a message that would not be answered otherwise.

        False as well where it has no time to read: whoever refuses a message says whom to call.
        """
        privacy.withhold(text)
        try:
            screened = await self._screen_worker.run(lambda: screen_message(text), SCREEN_SECONDS)
        except Exception as error:  # noqa: BLE001 - a flood must not stop other patients' turns
            logger.error("A message over the limit could not be screened: %s", type(error).__name__)
            return False
        return screened.flagged

    async def remark(self, conversation: str, message_id: str, text: str) -> list[Message]:
        """Screens a remark about an answer, which is no question and gets no answer.

        Args:
            conversation: Of the patient.
            message_id: Of the message whose answer it is about.
            text: The remark.

        Returns:
            Nothing, or the advice about a red flag in it, which is recorded like every other.
        """
        privacy.withhold(text)
        own_id = f"{message_id}~remark"
        try:
            messages = await self._last_resort_worker.run(
                lambda: advice_on_remark(text, own_id), LAST_RESORT_SECONDS
            )
        except Exception as error:  # noqa: BLE001 - unread words count as an emergency
            logger.error("A remark could not be screened: %s", type(error).__name__)
            messages = _unread_reply()
        if not messages:
            return []
        messages = [{**message, "recipient_id": conversation} for message in messages]
        await self._record_escalations(conversation, own_id, messages)
        reply = Reply(messages, digest_of(text))
        words = text if self._keeps_turns else None
        await self._stored(lambda: self._replies.put(conversation, own_id, reply, words))
        return messages

    async def check(self) -> None:
        """Probes all stores of the channel; `health` tells what was found."""
        await self.recorder.check()
        await self.standing.check()
        await self._stored(lambda: self._replies.get("", ""))
        if isinstance(self._locks, SharedLocks):
            fault = await self._locks.check()
            self.health.fail(LOCKS_PART, fault) if fault else self.health.recover(LOCKS_PART)

    def rate(self, conversation: str, message_id: str, helpful: bool) -> bool:
        """Takes a patient's rating of an answer; returns whether the message is known."""
        return self._recent.rate(conversation, message_id, helpful)

    def _in_background(self, work: Awaitable[Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._running.add(task)  # asyncio itself keeps no reference
        task.add_done_callback(self._running.discard)
        return task  # type: ignore[return-value]

    @measured
    async def _answer(self, conversation: str, incoming: Incoming) -> Reply:
        privacy.withhold(incoming.text)
        async with self._locks.holding(conversation):
            if incoming.message_id is None:
                turn = await self._turn(conversation, uuid.uuid4().hex, incoming)
                await self.standing.note_told(conversation, turn.told)
                return Reply(turn.messages, digest_of(incoming.text))
            digest = digest_of(incoming.text)
            message_id = incoming.message_id
            stored = await self._stored(lambda: self._replies.get(conversation, message_id))
            if stored is not None and stored.digest != digest:
                # Other words under a used id: a new message, or a red flag in it would be lost.
                message_id = f"{message_id}~{digest[:12]}"
                stored = await self._stored(lambda: self._replies.get(conversation, message_id))
            if stored is not None:
                return stored
            turn = await self._turn(conversation, message_id, incoming)
            reply, words = Reply(turn.messages, digest), turn.words if self._keeps_turns else None
            stored = await self._stored(
                lambda: self._replies.put(conversation, message_id, reply, words)
            )
            await self.standing.note_told(conversation, turn.told)
            return stored or reply

    @stage("stores")
    async def _stored(self, job: Callable[[], Reply | None]) -> Reply | None:
        try:
            found = await self._store_worker.run(job, REPLY_STORE_SECONDS)
        except Exception as error:  # noqa: BLE001 - a turn without stored reply beats no turn
            self.health.fail(REPLY_PART, f"{type(error).__name__}: {error}")
            logger.error("The reply store failed, the turn goes on without it: %s", error)
            return None
        self.health.recover(REPLY_PART)
        return found

    async def _turn(self, conversation: str, message_id: str, incoming: Incoming) -> _Turn:
        note_ids(conversation=conversation, message_id=message_id)
        output = TurnOutput(self.channel)
        taken = await self.standing.take_call_back(conversation, incoming.text)
        own_id = {"message_id": message_id} if incoming.message_id else {}
        staff = await self.standing.answered_by(conversation)
        message = UserMessage(
            taken.text,
            output,
            conversation,
            input_channel=self.channel,
            message_id=message_id,
            metadata={**own_id, **taken.metadata, **staff},
        )
        fault = None
        try:
            await asyncio.wait_for(self._pass(message), self._turn_seconds)
        except asyncio.TimeoutError:
            fault = f"the turn took longer than {self._turn_seconds} s"
        except Exception as error:
            fault = f"the turn raised {type(error).__name__}"
            logger.exception("A turn failed: conversation=%s message=%s", conversation, message_id)
        messages: list[Message] = output.messages
        if fault is None and not _is_whole(messages):
            fault = "the turn gave no reply with an object"
        if fault is None:
            self.health.recover(TURN_PART)
            # The action has recorded it, unless it failed: then nobody else would notice.
            await self._record_escalations(conversation, message_id, messages)
            objects = [message["custom"] for message in messages if "custom" in message]
            self._recent.note(conversation, message_id, taken.text, objects)
        else:
            self.health.fail(TURN_PART, f"{fault} (message {message_id})")
            logger.error("%s: conversation=%s message=%s", fault, conversation, message_id)
            if not (_is_whole(messages) and _kind(messages) == "escalation"):
                messages = await self._rescue(conversation, message_id, taken.text)
        if incoming.cut_from is not None:
            text = _cut_notice(incoming.cut_from)
            messages = [*messages, {"recipient_id": conversation, "text": text}]
        told = 0
        if self._tells_notices:
            texts, told = await self.standing.untold(conversation)
            messages += [{"recipient_id": conversation, "text": text} for text in texts]
        note_turn(messages)
        return _Turn(messages, taken.text, told)

    async def _pass(self, message: UserMessage) -> None:
        # Within the turn's deadline: a model that hangs while loading must silence nobody.
        async with self._gate.turn():
            await self._on_new_message(message)

    async def _rescue(self, conversation: str, message_id: str, text: str) -> list[Message]:
        """The reply of last resort; what it found is recorded, once for the message."""
        note_last_resort(self.channel)
        try:
            messages = await self._last_resort_worker.run(
                lambda: last_resort(text), LAST_RESORT_SECONDS
            )
            if not _is_whole(messages):
                raise ValueError("it gave no reply with an object")
        except Exception as error:  # noqa: BLE001 - nothing is behind this line but a constant
            logger.critical(
                "The last resort failed: conversation=%s message=%s: %s",
                conversation,
                message_id,
                type(error).__name__,
            )
            messages = _unread_reply()
        messages = [{**message, "recipient_id": conversation} for message in messages]
        for message in messages:
            if "custom" in message:
                message["custom"]["message_id"] = message_id
        await self._record_escalations(conversation, message_id, messages)
        return messages

    async def _record_escalations(
        self, conversation: str, message_id: str, messages: list[Message]
    ) -> None:
        """Records what a reply says of red flags; what has its record already is left as it is."""
        for turn in (message["custom"] for message in messages if "custom" in message):
            if turn.get("kind") == "escalation":
                await self.recorder.record(
                    Escalation(
                        conversation=conversation,
                        message_id=message_id,
                        channel=self.channel,
                        priority=turn.get("priority"),
                        urgency=turn.get("urgency"),
                        mentions=turn.get("red_flags") or [],
                    )
                )


def _is_whole(messages: list[Message]) -> bool:
    return any(isinstance(message.get("custom"), dict) for message in messages) and any(
        message.get("text") for message in messages
    )


def _kind(messages: list[Message]) -> object:
    return next(message["custom"].get("kind") for message in messages if "custom" in message)


def emergency_number() -> str:
    """The site's emergency number, or words that are never wrong."""
    try:
        return load_site().emergency_number
    except Exception:  # noqa: BLE001 - part of the reply that must not fail
        return "your emergency number"


def _cut_notice(characters: int) -> str:
    return (
        f"Your message has {characters:,} characters. I read only the first {MAX_CHARACTERS:,}. "
        "Please send the rest again in shorter messages, what is most urgent first. "
        f"If something urgent is in it, call {emergency_number()} now."
    )


def _unread_reply() -> list[Message]:
    """For a message that nothing could read: it may hold an emergency, so it counts as one."""
    turn: dict[str, Any] = {
        "kind": "escalation",
        "faq": [],
        "red_flags": [],
        "urgency": "emergency",
        "priority": "page",
        "sources": [],
        "reviewed": None,
    }
    text = (
        "Something went wrong here, and your message could not be read. "
        f"**If you feel very unwell, call {emergency_number()} now**: for example with new "
        "weakness or numbness in your legs, trouble with bladder or bowels, sudden severe pain, "
        "confusion, trouble breathing, chest pain, bleeding that will not stop, or thoughts of "
        "harming yourself.\n\nFor anything else, please try again in a few minutes or call your "
        "care team. Nobody reads this chat all the time."
    )
    return [{"custom": turn}, {"text": text}]
