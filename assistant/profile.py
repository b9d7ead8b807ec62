"""Which profile runs: one machine on files (`embedded`), or replicas on servers (`cluster`)."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

PROFILE, DATABASE, REDIS = "ASSISTANT_PROFILE", "ASSISTANT_DATABASE", "ASSISTANT_REDIS"
SECRET, PROXIES = "ASSISTANT_SECRET", "ASSISTANT_PROXIES"
EMBEDDED, CLUSTER = "embedded", "cluster"
SHORTEST_SECRET = 32

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProfileError(Exception):
    """The environment does not name a profile that can run; the message says what to do."""


@dataclass(frozen=True)
class Profile:
    """What the environment chose.

    Attributes:
        name: "embedded" or "cluster".
        database: Of the cluster: one PostgreSQL for trackers, escalations and replies.
        redis: Of the cluster: for locks and for what sockets of several replicas are told.
        proxies: Networks whose `X-Forwarded-For` is believed, beside those of credentials.yml.
    """

    name: Literal["embedded", "cluster"]
    database: str | None = None
    redis: str | None = None
    proxies: tuple[Network, ...] = ()

    @property
    def is_cluster(self) -> bool:
        """Whether several replicas share their state."""
        return self.name == CLUSTER

    @property
    def endpoints(self) -> str:
        """Rasa's endpoints file."""
        return "endpoints.cluster.yml" if self.is_cluster else "endpoints.yml"


def read_profile(environment: Mapping[str, str] = os.environ) -> Profile:
    """Reads `ASSISTANT_PROFILE` and what belongs to it.

    Raises:
        ProfileError: If a value is missing or cannot be used.

    >>> read_profile({}).endpoints
    'endpoints.yml'
    """
    name = environment.get(PROFILE) or EMBEDDED
    proxies = _networks(environment.get(PROXIES, ""))
    if name == EMBEDDED:
        return Profile("embedded", proxies=proxies)
    if name != CLUSTER:
        raise ProfileError(f"{PROFILE}={name}: must be {EMBEDDED} or {CLUSTER}")
    servers = ("postgresql", "postgresql+psycopg2")
    database = _address(environment, DATABASE, servers, needs_path=True)
    redis = _address(environment, REDIS, ("redis", "rediss"))
    secret = environment.get(SECRET, "")
    if len(secret) < SHORTEST_SECRET:
        raise ProfileError(
            f"{SECRET} has {len(secret)} characters: the profile {CLUSTER} needs at least "
            f"{SHORTEST_SECRET}, the same for all replicas, for example of `openssl rand -hex 32`"
        )
    return Profile(cast(Literal["cluster"], name), database, redis, proxies)


def shared_database() -> str | None:
    """The cluster's one database; None in the embedded profile, where each store has a file."""
    return read_profile().database


def _address(
    environment: Mapping[str, str], name: str, schemes: tuple[str, ...], needs_path: bool = False
) -> str:
    given = environment.get(name, "")
    example = f"{schemes[0]}://host{':5432/assistant' if needs_path else ':6379/0'}"
    if not given:
        raise ProfileError(f"{name} is missing: the profile {CLUSTER} needs it, as in {example}")
    parts = urlsplit(given)
    try:
        good = parts.scheme in schemes and parts.hostname and (parts.port or True)
    except ValueError:  # a port that is none
        good = False
    if not good or (needs_path and not parts.path.strip("/")):
        # Never the value itself: it may hold a password.
        raise ProfileError(
            f"{name} (of {len(given)} characters, scheme {parts.scheme[:20]!r}) cannot be used: "
            f"allowed is {' or '.join(schemes)} with a host"
            f"{' and a database' if needs_path else ''}, as in {example}"
        )
    return given


def _networks(given: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in given.split(",") if one.strip())
    except ValueError as error:
        raise ProfileError(
            f"{PROXIES}={given}: must be addresses or networks, with commas between: {error}"
        ) from error
