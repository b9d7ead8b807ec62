"""Messages that wait for an editor, in groups of one meaning; grouped beside the requests."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.faq.corpus import Corpus
from assistant.learning.queue import FALSE_ALARM, ReviewQueue, Waiting

if TYPE_CHECKING:  # with it comes scikit-learn, which the other pages do without
    from assistant.learning.grouping import Group

logger = logging.getLogger(__name__)

NO_ENTRY = "none"


class WaitingGroups:
    """The groups that `make review` shows.

    Their making takes seconds: a thread does it, and until it is done messages are put together by
    the entry that was nearest when they were asked.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[object, list[Group]] = (None, [])
        self._making: object = None

    def of(self, messages: Sequence[Waiting], corpus: Corpus) -> tuple[list[Group], bool]:
        """Groups of messages, and whether they are those of `make review`.

        Args:
            messages: That wait, oldest first.
            corpus: Whose entries may be near.
        """
        key = (corpus.version, tuple(message.id for message in messages))
        with self._lock:
            if self._made[0] == key:
                return _with_present_counts(self._made[1], messages), True
            if self._making != key:
                self._making = key
                work = threading.Thread(
                    target=self._make, args=(key, messages, corpus), daemon=True
                )
                work.start()
        return _by_nearest(messages), False

    def _make(self, key: object, messages: Sequence[Waiting], corpus: Corpus) -> None:
        from assistant.encoder import get_encoder
        from assistant.encoder.encoder import PACKAGED_MODEL
        from assistant.learning.grouping import groups_of

        try:
            encode = get_encoder(PACKAGED_MODEL).encode
            groups = groups_of(messages, list(corpus.entries.values()), encode)
        except Exception as error:  # noqa: BLE001 - the page goes on without; words stay out of logs
            logger.error("Waiting messages were not grouped: %s", type(error).__name__)
            return
        with self._lock:
            if self._making == key:
                self._made, self._making = (key, groups), None


def split(queue: ReviewQueue) -> tuple[list[Waiting], list[Waiting]]:
    """Unanswered messages, and false alarms of the screen.

    Raises:
        ReviewQueueError: If they cannot be read.
    """
    waiting = queue.waiting()
    alarms = [one for one in waiting if one.reason == FALSE_ALARM]
    return [one for one in waiting if one.reason != FALSE_ALARM], alarms


def _with_present_counts(groups: Sequence[Group], messages: Sequence[Waiting]) -> list[Group]:
    from assistant.learning.grouping import Group

    now = {message.id: message for message in messages}
    return [Group(tuple(now[one.id] for one in group.messages), group.nearest) for group in groups]


def _by_nearest(messages: Sequence[Waiting]) -> list[Group]:
    from assistant.learning.grouping import Group, Nearest

    together: dict[str, list[Waiting]] = defaultdict(list)
    for message in messages:
        first = message.entries[0] if message.entries else {}
        together[str(first.get("id", NO_ENTRY))].append(message)
    groups = [
        Group(tuple(same), () if id_ == NO_ENTRY else (Nearest(id_, 0.0),))
        for id_, same in together.items()
    ]
    return sorted(groups, key=lambda group: (-group.times, group.id))
