"""Pushes notices to the pages that are open: one look at the table serves all of them."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import func, select

from assistant.channels.standing import Standing
from assistant.channels.web.calls import NOTICE_OVERLAP
from assistant.channels.web.socket import PatientSocket
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import notice_table
from assistant.escalation.worker import Worker

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0
LOOK_SECONDS = 2.0


class NoticePusher:
    """Looks for new notices once a second.

    Args:
        store: The escalation store.
        standing: Words notices.
        socket: Whose pages are told.
    """

    def __init__(self, store: EscalationStore, standing: Standing, socket: PatientSocket) -> None:
        self._store = store
        self._standing = standing
        self._socket = socket
        self._worker = Worker("notice-push")
        self._seen: dict[int, str] = {}
        self._greatest: int | None = None

    async def run(self) -> None:
        """Pushes until it is cancelled; a store that fails is asked again at the next look."""
        failed = False
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - the cases' own probe turns readiness red
                if not failed:
                    logger.error("Notices cannot be pushed: %s", type(error).__name__)
                failed = True
            else:
                failed = False

    async def _look(self) -> None:
        fresh = await self._worker.run(self._fresh, LOOK_SECONDS)
        for conversation in set(fresh.values()) & set(self._socket.conversations):
            first = min(id_ for id_, whose in fresh.items() if whose == conversation)
            told = await self._standing.told(conversation, first - 1)
            if told["notices"]:
                await self._socket.tell(conversation, "notices", told)

    def _fresh(self) -> dict[int, str]:
        """New notices with their conversations, and such as became visible late.

        At the first look the last ones count as new: pages know by the id what they have.
        """
        columns = notice_table.c
        with self._store.reading("look for new notices") as connection:
            greatest = connection.scalar(select(func.max(columns.id))) or 0
            near = columns.id > min(greatest, self._greatest or greatest) - NOTICE_OVERLAP
            rows = connection.execute(select(columns.id, columns.conversation).where(near))
            found = dict(rows.all())
        fresh = {id_: whose for id_, whose in found.items() if id_ not in self._seen}
        self._greatest, self._seen = greatest, found
        return fresh
