"""The emergency journal: escalations that could not be recorded, kept until they can be."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import threading
import uuid
from collections import deque
from pathlib import Path

from assistant.escalation.escalation import Escalation
from assistant.escalation.store import EscalationStore, EscalationStoreError

logger = logging.getLogger(__name__)


class Journal:
    """A file of one JSON record a line, mode 0600, written through to the disk.

    Where even that fails, the record stays in memory for the next try. A record may be written
    twice; the store keeps one for each message.

    Args:
        file: The journal; it exists only while it holds something.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._in_memory: deque[Escalation] = deque()
        self._replaying = threading.Lock()

    @property
    def holds_any(self) -> bool:
        """Whether something waits to be recorded."""
        return bool(self._in_memory) or self.file.exists() or bool(self._left_over())

    def remember(self, escalation: Escalation) -> None:
        """Keeps a record in memory; never waits for a disk."""
        self._in_memory.append(escalation)

    def append(self, escalation: Escalation) -> None:
        """Keeps a record that is remembered on the disk as well.

        Raises:
            OSError: If the file could not be written; the record is in memory only.
        """
        if escalation not in self._in_memory:
            self.remember(escalation)
        line = json.dumps(escalation.as_json(), ensure_ascii=True, default=str) + "\n"
        descriptor = self._open_locked()
        try:
            if os.write(descriptor, line.encode()) != len(line):
                raise OSError("the disk took only a part of the line")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with contextlib.suppress(ValueError):  # a replay took it meanwhile
            self._in_memory.remove(escalation)

    def replay(self, store: EscalationStore) -> int:
        """Records what waits.

        Args:
            store: Where to.

        Returns:
            How many records were taken into the store.

        Raises:
            EscalationStoreError: If the store still fails; what was not recorded still waits.
            OSError: If the journal cannot be read or moved.
        """
        with self._replaying:
            recorded = 0
            while self._in_memory:
                escalation = self._in_memory.popleft()
                try:
                    store.record(escalation)
                except EscalationStoreError:
                    self._in_memory.appendleft(escalation)
                    raise
                recorded += 1
            if self.file.exists():
                # Moved first: lines that are appended meanwhile begin a new file.
                self.file.rename(self.file.with_suffix(f".{uuid.uuid4().hex}.replaying"))
            for file in self._left_over():
                recorded += self._replay_file(file, store)
                file.unlink(missing_ok=True)
            return recorded

    def _replay_file(self, file: Path, store: EscalationStore) -> int:
        recorded = 0
        with file.open("rb") as lines:
            fcntl.flock(lines, fcntl.LOCK_EX)  # waits for one that is still writing
            content = lines.read()
        for number, line in enumerate(content.splitlines(), 1):
            try:
                escalation = Escalation.from_json(json.loads(line))
            except (KeyError, TypeError, ValueError, AttributeError):
                logger.critical(
                    "Line %d of the emergency journal is damaged; read it by hand in %s.",
                    number,
                    self._keep_damaged(line),
                )
                continue
            store.record(escalation)
            recorded += 1
        return recorded

    def _open_locked(self) -> int:
        """Opens the journal for one line, and makes sure that no replay has moved it away."""
        while True:
            descriptor = os.open(self.file, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            try:
                if os.fstat(descriptor).st_ino == self.file.stat().st_ino:
                    return descriptor
            except FileNotFoundError:
                pass
            os.close(descriptor)

    def _left_over(self) -> list[Path]:
        return sorted(self.file.parent.glob(f"{self.file.stem}.*.replaying"))

    def _keep_damaged(self, line: bytes) -> Path:
        file = self.file.with_suffix(".damaged")
        descriptor = os.open(file, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, line + b"\n")
        finally:
            os.close(descriptor)
        return file
