"""One-time links: signed, expiring."""

from __future__ import annotations

import pytest
from itsdangerous import TimestampSigner

from assistant.escalation.delivery.links import PATH, LinkError, key_of, link_for


def token(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_leads_to_its_notification():
    link = link_for("https://chat.hospital.example/", "k-42")
    assert link.startswith(f"https://chat.hospital.example{PATH}")
    assert key_of(token(link), hours=24) == "k-42"


@pytest.mark.parametrize("forged", ["", "NDI.x.y", "42"])
def test_a_forged_link_is_none(forged: str):
    with pytest.raises(LinkError) as caught:
        key_of(forged, hours=24)
    assert not caught.value.expired


def test_a_changed_link_is_none():
    first, second = token(link_for("http://x", "k-1")), token(link_for("http://x", "k-2"))
    mixed = ".".join([first.split(".")[0], *second.split(".")[1:]])
    with pytest.raises(LinkError):
        key_of(mixed, hours=24)


def test_a_link_expires(monkeypatch: pytest.MonkeyPatch):
    link = link_for("http://x", "k-1")
    made = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: made(self) + 3700)
    assert key_of(token(link), hours=2) == "k-1"
    with pytest.raises(LinkError) as caught:
        key_of(token(link), hours=1)
    assert caught.value.expired
