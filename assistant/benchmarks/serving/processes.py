"""What a server and all its helpers use: memory, processor time, handles, connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import psutil

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Use:
    """Of some processes and all their children, together.

    Attributes:
        processes: How many there are.
        cpu_s: Processor seconds since they began, of ended children too.
        rss_mb: Resident memory; what processes share is counted for each.
        handles: Open file descriptors.
        connections: Open network connections (TCP, those that listen too).
        threads: All of them.
    """

    processes: int
    cpu_s: float
    rss_mb: float
    handles: int
    connections: int
    threads: int


def use_of(roots: Iterable[int]) -> Use:
    """Looks at processes and their children; one that ends meanwhile counts as nothing.

    Args:
        roots: Process ids.
    """
    found = list(tree(roots))
    return Use(
        processes=len(found),
        cpu_s=sum(_read(one, _cpu_seconds, 0.0) for one in found),
        rss_mb=sum(_read(one, lambda it: it.memory_info().rss, 0) for one in found) / 2**20,
        handles=sum(_read(one, lambda it: it.num_fds(), 0) for one in found),
        connections=sum(_read(one, lambda it: len(it.connections("tcp")), 0) for one in found),
        threads=sum(_read(one, lambda it: it.num_threads(), 0) for one in found),
    )


def tree(roots: Iterable[int]) -> Iterator[psutil.Process]:
    """Some processes and all their children, each once."""
    seen: set[int] = set()
    for root in roots:
        try:
            process = psutil.Process(root)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for one in family:
            if one.pid not in seen:
                seen.add(one.pid)
                yield one


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _read(
    process: psutil.Process, read: Callable[[psutil.Process], _Read], otherwise: _Read
) -> _Read:
    try:
        return read(process)
    except psutil.NoSuchProcess:
        return otherwise
