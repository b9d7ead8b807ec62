"""The cluster of one machine, as a context: started on entering, stopped on leaving."""

from __future__ import annotations

import json
import os
import shlex
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from assistant.cluster.nginx import Balance, nginx
from assistant.cluster.programs import ClusterError, Program, free_port, open_way
from assistant.cluster.stores import OwnPostgresql, OwnRedis, check_postgresql, check_redis
from assistant.escalation.database import make_private_file
from assistant.observability.exposition import credentials
from assistant.paths import state_folder
from assistant.profile import CLUSTER, DATABASE, PROFILE, PROXIES, REDIS, SECRET, read_profile
from assistant.secret import site_secret
from assistant.serve import (
    CONSOLE,
    READY,
    WORKER,
    require_free,
    require_token,
    server_command,
)
from assistant.supervision import Supervised
from assistant.training import rasa_environment, tail
from assistant.web.console.settings import CONSOLE_HEALTH, console_settings

SECONDS_TO_START = 420.0
SECONDS_TO_STOP = 25.0  # a turn and its last resort are ended first
LOOPBACK = "127.0.0.1"


class Replica:
    """One of the processes that answer patients.

    Attributes:
        url: By which it is reached without nginx.
        supervised: Its process, which is started again when it ends.
    """

    def __init__(self, port: int, model: Path, environment: Mapping[str, str], log: Path) -> None:
        self.address = f"{LOOPBACK}:{port}"
        self.url = f"http://{self.address}"
        self.log = log
        self._ready = urllib.request.Request(self.url + READY, headers=credentials(environment))
        profile = read_profile(environment)
        module, *arguments = server_command(model, LOOPBACK, port, profile=profile)
        self._output: IO[Any] = log.open("ab")
        self.supervised = Supervised(
            module,
            environment,
            self._output,
            self._output,
            arguments=arguments,
            seconds_to_stop=SECONDS_TO_STOP,
        )

    @property
    def pid(self) -> int:
        """Of its present process."""
        return self.supervised.process.pid

    def faults(self) -> list[str] | None:
        """What its readiness says is wrong; None while it does not answer."""
        try:
            with urllib.request.urlopen(self._ready, timeout=5):
                return []
        except urllib.error.HTTPError as error:
            parts = json.loads(error.read()).get("parts", {})
            return [f"{name}: {one['reason']}" for name, one in parts.items() if not one["ok"]]
        except (OSError, ValueError):
            return None

    def stop(self) -> None:
        """Ends it in order: what it is answering is answered first."""
        self.supervised.stop()
        self._output.close()


class Cluster:
    """nginx before replicas, with workers and the console, on PostgreSQL and Redis.

    Args:
        model: The model archive.
        replicas: How many processes answer patients.
        workers: How many deliver escalations.
        host: Where nginx listens. Any but loopback needs `ASSISTANT_TOKEN`.
        port: Its port; by default a free one.
        environment: Settings beside the process's own. `ASSISTANT_DATABASE` and `ASSISTANT_REDIS`
            name servers that are given; without them the cluster starts its own.
        console: Whether the staff console runs beside it.
        terminal: Whether cases appear in this terminal.

    Attributes:
        url: Of nginx.
        replicas: The running replicas.
        settings: A file for shells, by which other commands find the cluster's stores.
        postgresql, redis: The cluster's own servers, None where they were given.
    """

    def __init__(
        self,
        model: Path,
        replicas: int = 3,
        workers: int = 2,
        host: str = LOOPBACK,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        console: bool = False,
        terminal: bool = False,
    ) -> None:
        if replicas < 1 or workers < 1:
            raise ClusterError(
                f"{replicas} replicas and {workers} workers: there must be one of each at least"
            )
        require_token(host)
        self._model = model
        self._counts = replicas, workers
        self.host, self.port = host, port or free_port()
        self.url = f"http://{host}:{self.port}"
        self._given = {**os.environ, **(environment or {})}
        self.state = Path(self._given.get("ASSISTANT_STATE") or state_folder()).absolute()
        self.folder = self.state / "cluster"
        self.settings = self.folder / "environment.sh"
        self._console = console_settings(self._given) if console else None
        self._terminal = terminal
        self._stack = ExitStack()
        self.environment: dict[str, str] = {}
        self.replicas: list[Replica] = []
        self.workers: list[Supervised] = []
        self.postgresql: OwnPostgresql | None = None
        self.redis: OwnRedis | None = None
        self.nginx: Program
        self.faults: list[str] = []

    def __enter__(self) -> Cluster:
        require_free(self.host, self.port, "PORT")
        if self._console is not None:
            require_free(self._console.host, self._console.port, "CONSOLE_PORT")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        open_way(self.folder, self.state)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def pids(self) -> list[int]:
        """Of all processes: replicas first, then workers, nginx and the own servers."""
        own = [server.program for server in (self.postgresql, self.redis) if server is not None]
        programs = [one.process.pid for one in (self.nginx, *own) if one.process is not None]
        helpers = [worker.process.pid for worker in self.workers]
        return [*(replica.pid for replica in self.replicas), *helpers, *programs]

    def _start(self) -> None:
        self.environment = self._environment()
        log = self.folder / "helpers.log"
        output = self._stack.enter_context(log.open("ab"))
        for _ in range(self._counts[1]):
            # Cases appear once in the terminal: each is told by one worker alone.
            says = None if self._terminal else output
            worker = Supervised(WORKER, self.environment, says, output)
            self._stack.callback(worker.stop)
            self.workers.append(worker)
        if self._console is not None:
            console = Supervised(CONSOLE, self.environment, output, output)
            self._stack.callback(console.stop)
        self._stack.callback(self._stop_replicas)
        for number in range(1, self._counts[0] + 1):
            replica = Replica(
                free_port(),
                self._model,
                self.environment,
                self.folder / f"replica-{number}.log",
            )
            self.replicas.append(replica)
        balance = Balance(
            f"{self.host}:{self.port}",
            [replica.address for replica in self.replicas],
            read_profile({PROXIES: self._given.get(PROXIES, "")}).proxies,
        )
        self.nginx = nginx(balance, self.folder / "nginx")
        # Stopped before the replicas: who still waits gets an answer, and nobody new comes.
        self.wait_until_ready()
        self.nginx.start()
        self._stack.callback(self.nginx.stop)

    def _stop_replicas(self) -> None:
        """All at once: each has its turns to end."""
        stopping = [threading.Thread(target=replica.stop) for replica in self.replicas]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()

    def _environment(self) -> dict[str, str]:
        database, redis = self._given.get(DATABASE), self._given.get(REDIS)
        if database:
            check_postgresql(database)
        else:
            self.postgresql = OwnPostgresql(self.folder / "postgresql")
            self._stack.callback(self.postgresql.program.stop)
            self.postgresql.start()
            database = self.postgresql.url
        if redis:
            check_redis(redis)
        else:
            self.redis = OwnRedis(self.folder / "redis")
            self._stack.callback(self.redis.program.stop)
            self.redis.start()
            redis = self.redis.url
        environment = {
            **self._given,
            PROFILE: CLUSTER,
            DATABASE: database,
            REDIS: redis,
            SECRET: self._given.get(SECRET) or site_secret(self.state / "secret").decode(),
            PROXIES: f"{LOOPBACK}/32",  # nginx alone reaches the replicas
            "ASSISTANT_STATE": str(self.state),
        }
        if self._console is not None:
            environment[CONSOLE_HEALTH] = self._console.health
        read_profile(environment)
        self._write_settings(environment)
        return rasa_environment(environment)

    def _write_settings(self, environment: Mapping[str, str]) -> None:
        """For other commands (cases, accounts, backup), which are to find the same stores."""
        names = (PROFILE, DATABASE, REDIS, SECRET, "ASSISTANT_STATE")
        lines = [f"export {name}={shlex.quote(environment[name])}\n" for name in names]
        make_private_file(self.settings)
        self.settings.write_text("".join(lines))

    def wait_until_ready(self, seconds: float = SECONDS_TO_START) -> None:
        """Waits until all replicas answer and all that they need works.

        Raises:
            ClusterError: If one does not; the message has the end of its log.
        """
        deadline = time.monotonic() + seconds
        for replica in self.replicas:
            while faults := ["does not answer"] if (told := replica.faults()) is None else told:
                if time.monotonic() > deadline:
                    raise ClusterError(
                        f"{replica.url} is not ready after {seconds:.0f} s "
                        f"({'; '.join(faults)}); the end of {replica.log}:\n{tail(replica.log)}"
                    )
                time.sleep(0.3)
