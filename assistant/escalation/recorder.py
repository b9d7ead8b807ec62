"""Records an escalation from a turn: never late, never raising, never lost."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from assistant.escalation.escalation import Escalation, Recorded
from assistant.escalation.health import HEALTH, Health
from assistant.escalation.journal import Journal
from assistant.escalation.store import EscalationStore
from assistant.escalation.worker import Worker
from assistant.observability.metrics import UNRECORDED
from assistant.observability.stages import stage
from assistant.paths import state_folder

logger = logging.getLogger(__name__)

PART = "escalation-store"
JOURNAL_PART = "escalation-journal"
RECORD_SECONDS = 1.0
JOURNAL_SECONDS = 0.5
REMEMBERED = 1000  # messages


@dataclass(frozen=True)
class Outcome:
    """How a recording ended.

    Attributes:
        status: "recorded", "known" (the message had its record) or "failed" (the journal has it).
        id: The record's id, None if it failed.
        reason: Why it failed.
        escalation: As it was recorded; None if it failed.
        ask_contact: Whether the patient is now to be asked, once, how to be called back.
    """

    status: Literal["recorded", "known", "failed"]
    id: int | None = None
    reason: str | None = None
    escalation: Escalation | None = None
    ask_contact: bool = False


class Recorder:
    """Records in threads of its own, under a deadline, and keeps what could not be recorded.

    Args:
        store: Where escalations go.
        journal: Where they go while the store fails.
        health: Told of failures and recoveries.
    """

    def __init__(self, store: EscalationStore, journal: Journal, health: Health = HEALTH) -> None:
        self.store = store
        self.journal = journal
        self.health = health
        self._writer = Worker("escalation-writer")
        # Anybody may have the store probed: no probe stands before a record in its queue.
        self._prober = Worker("escalation-probe", stuck_after=RECORD_SECONDS)
        self._journal_writer = Worker("escalation-journal")
        self._unrecorded: deque[tuple[str, str]] = deque(maxlen=REMEMBERED)

    @stage("stores")
    async def record(self, escalation: Escalation, seconds: float = RECORD_SECONDS) -> Outcome:
        """Records an escalation within `seconds`; never raises.

        A write that misses the deadline goes on in its thread; the journal has the record as well,
        and the table keeps one of both.
        """
        try:
            recorded = await self._writer.run(lambda: self._write(escalation), seconds)
            status: Literal["recorded", "known"] = "recorded" if recorded.is_new else "known"
            return Outcome(
                status,
                recorded.id,
                escalation=recorded.escalation,
                ask_contact=recorded.ask_contact,
            )
        except asyncio.TimeoutError:
            reason = f"no answer within {seconds} s"
        except Exception as error:  # noqa: BLE001 - the advice goes out whatever happened here
            reason = str(error)
        await self._keep(escalation, reason)
        return Outcome("failed", reason=reason)

    async def check(self, seconds: float = RECORD_SECONDS) -> str | None:
        """Probes the store, and records what waits in the journal.

        Returns:
            None if it works, or what is wrong.
        """
        try:
            await self._prober.run(self.store.check, seconds)
            await self._writer.run(self._recovered, seconds)  # its own sign of life
            return None
        except asyncio.TimeoutError:
            reason = f"no answer within {seconds} s"
        except Exception as error:  # noqa: BLE001 - a probe reports, it does not raise
            reason = str(error)
        self.health.fail(PART, reason)
        return reason

    def _write(self, escalation: Escalation) -> Recorded:
        recorded = self.store.record(escalation)
        self._recovered()
        return recorded

    def _recovered(self) -> None:
        self.health.recover(PART)
        try:
            if self.journal.holds_any:
                logger.warning(
                    "%d escalations of the emergency journal are recorded now.",
                    self.journal.replay(self.store),
                )
            self.health.recover(JOURNAL_PART)
        except Exception as error:  # noqa: BLE001 - the record that brought us here is written
            self.health.fail(JOURNAL_PART, str(error))

    async def _keep(self, escalation: Escalation, reason: str) -> None:
        self.health.fail(PART, reason)
        message = escalation.conversation, escalation.message_id
        if message not in self._unrecorded:  # the action and the end of its turn both try
            self._unrecorded.append(message)
            UNRECORDED.inc()
            logger.critical(
                "ESCALATION NOT RECORDED: conversation=%s message=%s priority=%s; it is kept in %s "
                "and recorded as soon as the store works again. Cause: %s",
                escalation.conversation,
                escalation.message_id,
                escalation.priority,
                self.journal.file,
                reason,
            )
        self.journal.remember(escalation)
        try:
            await self._journal_writer.run(lambda: self.journal.append(escalation), JOURNAL_SECONDS)
        except Exception as error:  # noqa: BLE001 - last line of defence, the advice must go out
            why = f"{type(error).__name__}: {error}"
            self.health.fail(JOURNAL_PART, why)
            logger.critical(
                "ESCALATION ONLY IN MEMORY: conversation=%s message=%s priority=%s. Cause: %s",
                escalation.conversation,
                escalation.message_id,
                escalation.priority,
                why,
            )


async def record_with_deadline(
    store: EscalationStore, escalation: Escalation, seconds: float = RECORD_SECONDS
) -> Outcome:
    """Records an escalation of a turn; never raises, never takes much longer than `seconds`.

    Args:
        store: The escalation store, `default_store()` in the assistant.
        escalation: What to record.
        seconds: How long the patient's advice may wait for the record.
    """
    return await recorder_of(store).record(escalation, seconds)


def recorder_of(store: EscalationStore) -> Recorder:
    """The one recorder of a store in this process, with the journal in the state folder."""
    return _recorder(store, state_folder() / "unrecorded.jsonl")


@lru_cache(maxsize=8)
def _recorder(store: EscalationStore, file: Path) -> Recorder:
    return Recorder(store, Journal(file))
