"""Groups: alike questions together, others apart, numbers that stay."""

from __future__ import annotations

from datetime import datetime

import pytest

from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.learning.grouping import groups_of
from assistant.learning.queue import Waiting


def waiting(id_: int, text: str, **values: object) -> Waiting:
    """A message of the queue."""
    day = datetime(2027, 1, 1 + id_)
    defaults: dict = {
        "reason": "unanswered",
        "entries": [],
        "channel": "web",
        "times": 1,
        "first_at": day,
        "at": day,
    }
    return Waiting(id_, text, **{**defaults, **values})


MESSAGES = [
    waiting(3, "can I fly on a plane?", times=2),
    waiting(4, "will my insurance pay for a wheelchair"),
    waiting(5, "is flying on an aeroplane safe for me", reason="rejected"),
    waiting(7, "does insurance cover the cost of a wheelchair?"),
    waiting(8, "is it ok to take a flight"),
    waiting(9, "how is the needle put into the bone for the sample"),
]


@pytest.fixture(scope="session")
def encode():
    return get_encoder(PACKAGED_MODEL).encode


def test_alike_questions_are_one_group_and_the_most_asked_comes_first(three_entries, encode):
    groups = groups_of(MESSAGES, three_entries, encode)
    assert [[message.id for message in group.messages] for group in groups] == [
        [3, 5, 8],
        [4, 7],
        [9],
    ]
    flying = groups[0]
    assert (flying.id, flying.times) == (3, 4)
    assert flying.reasons == {"unanswered": 2, "rejected": 1}
    assert (flying.first_at, flying.last_at) == (datetime(2027, 1, 4), datetime(2027, 1, 9))


def test_the_nearest_entry_is_named_with_its_score(three_entries, encode):
    group = groups_of(MESSAGES[-1:], three_entries, encode)[0]
    assert group.nearest[0].id == "biopsy"
    scores = [nearest.score for nearest in group.nearest]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.4


def test_a_groups_number_stays_when_others_join(three_entries, encode):
    before = {group.id for group in groups_of(MESSAGES[:-2], three_entries, encode)}
    after = {group.id for group in groups_of(MESSAGES, three_entries, encode)}
    assert before <= after


def test_an_empty_queue_has_no_group(three_entries, encode):
    assert groups_of([], three_entries, encode) == []
