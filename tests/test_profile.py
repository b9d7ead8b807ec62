"""The profile: which values are taken, and what is said of the others."""

import pytest

from assistant.profile import ProfileError, read_profile, shared_database

CLUSTER = {
    "ASSISTANT_PROFILE": "cluster",
    "ASSISTANT_DATABASE": "postgresql://assistant:word@db.example/assistant",
    "ASSISTANT_REDIS": "rediss://:word@redis.example:6380/0",
    "ASSISTANT_SECRET": "s" * 32,
}


@pytest.mark.parametrize(
    "given", [{}, {"ASSISTANT_PROFILE": ""}, {"ASSISTANT_PROFILE": "embedded"}]
)
def test_embedded_is_the_default_and_shares_nothing(given):
    profile = read_profile({**CLUSTER, "ASSISTANT_PROFILE": "", **given})
    assert not profile.is_cluster
    assert (profile.database, profile.redis, profile.endpoints) == (None, None, "endpoints.yml")


def test_cluster_has_one_database_for_all(monkeypatch):
    for name, value in CLUSTER.items():
        monkeypatch.setenv(name, value)
    assert read_profile().endpoints == "endpoints.cluster.yml"
    assert shared_database() == CLUSTER["ASSISTANT_DATABASE"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ASSISTANT_PROFILE", "clustre", "must be embedded or cluster"),
        ("ASSISTANT_DATABASE", "", "ASSISTANT_DATABASE is missing"),
        ("ASSISTANT_DATABASE", "sqlite:///x.sqlite", "allowed is postgresql"),
        ("ASSISTANT_DATABASE", "postgresql://host", "and a database"),
        ("ASSISTANT_REDIS", "", "ASSISTANT_REDIS is missing"),
        ("ASSISTANT_REDIS", "http://host", "allowed is redis or rediss"),
        ("ASSISTANT_REDIS", "redis://host:port", "allowed is redis or rediss"),
        ("ASSISTANT_SECRET", "short", "at least 32, the same for all replicas"),
        ("ASSISTANT_PROXIES", "10.0.0.0/33", "must be addresses or networks"),
    ],
)
def test_wrong_value_is_refused_with_what_is_allowed(name, value, said):
    with pytest.raises(ProfileError, match=said):
        read_profile({**CLUSTER, name: value})


def test_refusal_shows_no_password():
    with pytest.raises(ProfileError) as refused:
        read_profile({**CLUSTER, "ASSISTANT_DATABASE": "mysql://assistant:hidden@host/db"})
    assert "hidden" not in str(refused.value)
