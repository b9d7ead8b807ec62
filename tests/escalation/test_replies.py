"""Stored replies: the first one stays, also after a restart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assistant.escalation.replies import Reply, ReplyStore, ReplyStoreError, digest_of

FIRST = Reply([{"custom": {"kind": "answer"}}, {"text": "naïve 😢"}], digest_of("one"))
SECOND = Reply([{"text": "two"}], digest_of("two"))


@pytest.fixture
def url(state: Path) -> str:
    return f"sqlite:///{state / 'replies.sqlite'}"


def test_an_unknown_message_has_no_reply(url: str):
    assert ReplyStore(url).get("anna", "m1") is None


def test_a_reply_comes_back_after_a_restart(url: str):
    ReplyStore(url).put("anna", "m1", FIRST)
    assert ReplyStore(url).get("anna", "m1") == FIRST


def test_the_first_reply_stays(url: str):
    store = ReplyStore(url)
    store.put("anna", "m1", FIRST)
    assert store.put("anna", "m1", SECOND) == FIRST


def test_conversations_do_not_share_replies(url: str):
    store = ReplyStore(url)
    store.put("anna", "m1", FIRST)
    assert store.get("ben", "m1") is None


def test_the_file_is_private(url: str, state: Path):
    ReplyStore(url).put("anna", "m1", FIRST)
    assert {file.stat().st_mode & 0o777 for file in state.glob("replies*")} == {0o600}


def test_a_store_that_cannot_be_opened_says_so(state: Path):
    with pytest.raises(ReplyStoreError, match="could not look a reply up"):
        ReplyStore(f"sqlite:///{state / 'gone' / 'r.sqlite'}").get("anna", "m1")


def test_purge_counts_what_went(url: str):
    store = ReplyStore(url)
    store.put("anna", "m1", FIRST)
    assert store.purge(timedelta(days=1)) == 0
    assert store.purge(timedelta(seconds=-1)) == 1
    assert store.get("anna", "m1") is None
