"""Ours and its peers in one run: a turn, turns at once, memory, and the distance from the floor."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from assistant.benchmarks.serving.client import Answer, Client, new_conversations
from assistant.benchmarks.serving.last_resorts import LastResorts
from assistant.benchmarks.serving.processes import use_of
from assistant.benchmarks.serving.service import Service
from assistant.benchmarks.serving.summary import summarise
from assistant.encoder.onnx import OnnxBackend

WARM_UP = 20
IDLE_SECONDS = 5.0


async def one_after_the_other(
    services: Sequence[Service], texts: Iterator[str], turns: int, encoder: OnnxBackend
) -> dict[str, Any]:
    """Asks each text of each service in turn, and times the bare encoder on it as well.

    Args:
        services: Running; which one is first changes from text to text.
        texts: Distinct ones.
        turns: How many of them are timed.
        encoder: Ours, without any cache that would know the text.

    Returns:
        By name: percentiles in milliseconds, and how many turns were not answered.
    """
    answers: dict[str, list[Answer]] = {service.name: [] for service in services}
    forward: list[float] = []
    failed = {service.name: LastResorts(service.metrics_urls) for service in services}
    conversations = {service.name: new_conversations() for service in services}
    async with Client() as client:
        for number, text in enumerate(itertools.islice(texts, WARM_UP + turns)):
            begun = time.perf_counter()
            encoder.embed(text)
            took = time.perf_counter() - begun
            first = number % len(services)
            for service in (*services[first:], *services[:first]):
                asked = await client.ask(service, next(conversations[service.name]), text)
                if number >= WARM_UP:
                    answers[service.name].append(asked)
            if number >= WARM_UP:
                forward.append(took)
    return {
        "services": {
            name: {
                **asdict(summarise([one.seconds for one in given])),
                "unanswered": sum(not one.answered for one in given) + failed[name].count(),
            }
            for name, given in answers.items()
        },
        "forward": asdict(summarise(forward)),
    }


async def at_once(
    services: Sequence[Service],
    texts: Iterator[str],
    levels: Sequence[int],
    rounds: int,
    turns: int,
) -> dict[str, Any]:
    """Lets conversations side by side ask each service, level by level, in interleaved rounds.

    Args:
        services: Running.
        texts: Distinct ones; in a round all services get the same.
        levels: Numbers of conversations.
        rounds: Of each level.
        turns: In a round.

    Returns:
        By name, then by level.
    """
    found: dict[str, dict[str, list[dict[str, Any]]]] = {
        service.name: {str(level): [] for level in levels} for service in services
    }
    async with Client() as client:
        for number, level in itertools.product(range(rounds), levels):
            asked = list(itertools.islice(texts, turns))
            first = number % len(services)
            for service in (*services[first:], *services[:first]):
                one = await _round(client, service, asked, level)
                found[service.name][str(level)].append(one)
    return {
        name: {level: _middle(given) for level, given in by_level.items()}
        for name, by_level in found.items()
    }


async def _round(client: Client, service: Service, texts: list[str], level: int) -> dict[str, Any]:
    failed = LastResorts(service.metrics_urls)
    before, own = use_of(service.roots).cpu_s, time.process_time()
    begun = time.perf_counter()
    answers = await client.ask_all(service, texts, level)
    seconds = time.perf_counter() - begun
    used, generated = use_of(service.roots).cpu_s - before, time.process_time() - own
    summary = summarise([one.seconds for one in answers])
    return {
        "turns_per_s": len(answers) / seconds,
        "p50": summary.p50,
        "p95": summary.p95,
        "p99": summary.p99,
        "unanswered": sum(not one.answered for one in answers) + failed.count(),
        "cpu_ms_of_a_turn": 1000 * used / len(answers),
        "generator_cpu": generated / seconds,
    }


def _middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The medians of the rounds, and all that was not answered."""
    middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    return {**middle, "unanswered": sum(one["unanswered"] for one in rounds)}


def idle(services: Sequence[Service]) -> dict[str, Any]:
    """What each service uses while nobody asks: memory, and the share of a core."""
    before = {service.name: use_of(service.roots) for service in services}
    time.sleep(IDLE_SECONDS)
    uses = {service.name: use_of(service.roots) for service in services}
    return {
        name: {
            "rss_mb": use.rss_mb,
            "server_rss_mb": use_of_server(service),
            "processes": use.processes,
            "threads": use.threads,
            "idle_cpu": (use.cpu_s - before[name].cpu_s) / IDLE_SECONDS,
        }
        for service in services
        for name, use in [(service.name, uses[service.name])]
    }


def use_of_server(service: Service) -> float:
    """Resident megabytes of the process that answers, without its helpers."""
    return use_of(service.roots[:1]).rss_mb


def measure(
    services: Sequence[Service],
    texts: Iterator[str],
    encoder: OnnxBackend,
    turns: int,
    levels: Sequence[int],
    rounds: int,
    turns_of_a_round: int,
    metrics: Callable[[], str],
) -> dict[str, Any]:
    """All of it, on services that run; the last of them is the bare floor.

    `metrics` asks what the first one says of itself, when it has answered one after the other.
    """
    *compared, floor = services
    sequential = asyncio.run(one_after_the_other(services, texts, turns, encoder))
    told = metrics()
    concurrent = asyncio.run(at_once(compared, texts, levels, rounds, turns_of_a_round))
    floor_ms = sequential["forward"]["p50"] + sequential["services"][floor.name]["p50"]
    return {
        "turn": sequential["services"],
        "forward": sequential["forward"],
        "floor_ms": floor_ms,
        "distance": {
            service.name: sequential["services"][service.name]["p50"] / floor_ms
            for service in compared
        },
        "at_once": concurrent,
        "memory": idle(compared),
        "metrics": told,
    }
