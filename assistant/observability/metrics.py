"""What is counted in a process, as Prometheus takes it; docs/operations.md says what each means.

Labels come from closed lists: what is on none of them is "other". No id, no name, and nothing that
a patient wrote can become one.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from prometheus_client import Counter, Histogram, disable_created_metrics

from assistant.observability.stages import OTHER, STAGES, Stopwatch, running, stopwatch

# Twice the lines otherwise, for what process_start_time_seconds says.
disable_created_metrics()  # type: ignore[no-untyped-call]

KINDS = (
    "answer",
    "clarify",
    "escalation",
    "fallback",
    "decline",
    "chitchat",
    "admin",
    "support",
    "handoff",
)
CHANNELS = ("rest", "web", "fhir", "hub")
PRIORITIES = ("page", "same-day", "person", "review")
OUTCOMES = ("sent", "failed", "parked", "dropped")
RECEIVERS = ("staff", "hospital")

TURN_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20)
STAGE_BUCKETS = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
# Limits of escalation.yml are minutes for what pages, and days for what waits for the list.
WAIT_BUCKETS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200)

TURNS = Counter("assistant_turns", "Turns of patients.", ["kind", "channel"])
TURN_SECONDS = Histogram(
    "assistant_turn_seconds",
    "From a patient's message to its reply.",
    ["channel"],
    buckets=TURN_BUCKETS,
)
STAGE_SECONDS = Histogram(
    "assistant_stage_seconds",
    "Exclusive time of a stage in a turn; all stages together are the turn.",
    ["stage"],
    buckets=STAGE_BUCKETS,
)
REPEATS = Counter(
    "assistant_repeated_messages",
    "Messages whose id had been answered: the stored reply was given.",
    ["channel"],
)
LAST_RESORTS = Counter(
    "assistant_last_resort_turns",
    "Turns that failed as a whole and got the last resort.",
    ["channel"],
)
REFUSALS = Counter("assistant_rate_limit_refusals", "Requests of the web page over a rate limit.")
ESCALATIONS = Counter(
    "assistant_escalations_recorded",
    "Messages recorded for staff, by the priority of the record.",
    ["priority"],
)
MENTIONS = Counter(
    "assistant_red_flags_recorded",
    "Records that name a category of red flags; one may name several.",
    ["category", "priority"],
)
UNRECORDED = Counter(
    "assistant_escalations_not_recorded",
    "Records that the store did not take in time; the emergency journal has them.",
)
ACKNOWLEDGED = Histogram(
    "assistant_acknowledgement_seconds",
    "From the beginning of a case's round until somebody acknowledged it in this process.",
    ["priority"],
    buckets=WAIT_BUCKETS,
)
DELIVERIES = Counter(
    "assistant_deliveries",
    "Attempts of this worker to hand something over, by what became of them.",
    ["to", "outcome"],
)

# A series that begins with its first event hides that event from rate(): all begin at 0.
for _channel in (*CHANNELS, OTHER):
    LAST_RESORTS.labels(_channel)
    REPEATS.labels(_channel)
    TURN_SECONDS.labels(_channel)
    for _kind in (*KINDS, OTHER):
        TURNS.labels(_kind, _channel)
_STAGES = {name: STAGE_SECONDS.labels(name) for name in (*STAGES, OTHER)}
for _priority in (*PRIORITIES, OTHER):
    ESCALATIONS.labels(_priority)
    ACKNOWLEDGED.labels(_priority)
for _receiver in RECEIVERS:
    for _outcome in OUTCOMES:
        DELIVERIES.labels(_receiver, _outcome)

Reply = TypeVar("Reply")


def one_of(value: object, allowed: Iterable[str]) -> str:
    """A label's value, or "other" where it is not on the list.

    >>> one_of("web", CHANNELS), one_of("a name", CHANNELS)
    ('web', 'other')
    """
    return value if isinstance(value, str) and value in allowed else OTHER


def note_turn(objects: Iterable[dict[str, Any]]) -> None:
    """Says that the message under way had a turn, and of which kind.

    Args:
        objects: The messages of its reply; the first object among them tells the kind.
    """
    turn = running()
    if turn is not None:
        kinds = (
            one["custom"].get("kind") for one in objects if isinstance(one.get("custom"), dict)
        )
        turn.kind = one_of(next(kinds, None), KINDS)


def measured(
    answer: Callable[..., Awaitable[Reply]],
) -> Callable[..., Awaitable[Reply]]:
    """Measures what answers a message; a method of something with a `channel`."""

    @functools.wraps(answer)
    async def measure(self: Any, *args: Any, **kwargs: Any) -> Reply:
        with stopwatch() as turn:
            reply = await answer(self, *args, **kwargs)
        _observe(turn, one_of(self.channel, CHANNELS))
        return reply

    return measure


def _observe(turn: Stopwatch, channel: str) -> None:
    if turn.kind is None:
        REPEATS.labels(channel).inc()
        return
    TURNS.labels(turn.kind, channel).inc()
    TURN_SECONDS.labels(channel).observe(turn.total)
    for name, seconds in turn.seconds.items():
        _STAGES[name].observe(seconds)


def note_last_resort(channel: str) -> None:
    """Counts a turn that got the last resort."""
    LAST_RESORTS.labels(one_of(channel, CHANNELS)).inc()


def note_acknowledged(priority: str, seconds: float) -> None:
    """Notes how long a case waited until somebody acknowledged it."""
    ACKNOWLEDGED.labels(one_of(priority, PRIORITIES)).observe(max(0.0, seconds))
