"""The queue: one row for each text, without identifiers, private and purged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assistant.learning.queue import (
    FALSE_ALARM,
    Reason,
    ReviewQueue,
    ReviewQueueError,
    default_queue,
    review_table,
)

OFFERED = [{"id": "exercise", "score": 0.4}]


def test_a_message_is_kept_without_identifiers(queue: ReviewQueue, state: Path):
    queue.add("I'm Karen Smith,\n can I  skydive? 07700 900123", "clarified", OFFERED, "web")
    (message,) = queue.waiting()
    assert message.text == "I'm [name], can I skydive? [number]"
    assert (message.reason, message.entries, message.channel) == ("clarified", OFFERED, "web")
    assert message.times == 1 and message.first_at == message.at
    content = b"".join(file.read_bytes() for file in state.glob("review.sqlite*"))
    assert b"Karen" not in content and b"07700" not in content and b"skydive" in content


def test_the_file_is_private(queue: ReviewQueue, state: Path):
    queue.add("can I skydive?", "unanswered", [], "web")
    assert (state / "review.sqlite").stat().st_mode & 0o777 == 0o600


def test_the_same_text_is_counted_up_and_says_the_last_reason(queue: ReviewQueue):
    queue.add("Dr Patel says no, can I skydive?", "unanswered", [], "web")
    queue.add("dr Okafor says no, can I SKYDIVE?", "rejected", OFFERED, "rest")
    (message,) = queue.waiting()
    assert (message.times, message.reason, message.entries) == (2, "rejected", OFFERED)
    assert message.at > message.first_at


@pytest.mark.parametrize(
    "text", ["", "?!", "07700 900123", "Karen", "karen@example.org 12/03/1956"]
)
def test_where_no_words_are_left_nothing_is_queued(queue: ReviewQueue, text: str):
    queue.add(text, "unanswered", [], "web")
    assert queue.waiting() == []


def test_what_is_decided_waits_no_more_also_when_asked_again(queue: ReviewQueue):
    for text in ("can I skydive?", "can I surf?", "can I climb?"):
        queue.add(text, "unanswered", [], "web")
    first, second, third = queue.waiting()
    queue.resolve([first.id], "accepted", "exercise")
    queue.resolve([second.id], "dismissed")
    queue.add(first.text, "unanswered", [], "web")
    queue.add(second.text, "unanswered", [], "web")
    assert queue.waiting() == [third]
    with queue._open().connect() as connection:
        rows = connection.execute(review_table.select().order_by(review_table.c.id)).mappings()
        decided = [(row["times"], row["status"], row["resolution"]) for row in rows]
    assert decided == [(2, "accepted", "exercise"), (2, "dismissed", None), (1, "open", None)]


@pytest.mark.parametrize("reason", ["rejected", "badly-rated"])
def test_what_was_accepted_and_then_turned_down_waits_again(queue: ReviewQueue, reason: Reason):
    queue.add("can I skydive?", "unanswered", [], "web")
    (first,) = queue.waiting()
    queue.resolve([first.id], "accepted", "exercise")
    queue.add(first.text, reason, [{"id": "exercise", "score": 0.9}], "web")
    (again,) = queue.waiting()
    assert (again.id, again.times, again.reason) == (first.id, 2, reason)
    queue.resolve([first.id], "dismissed")
    queue.add(first.text, reason, [], "web")
    assert queue.waiting() == []


def test_a_false_alarm_is_another_matter_than_a_question_in_the_same_words(queue: ReviewQueue):
    queue.add("numb with grief, can I skydive?", "unanswered", [], "web")
    queue.resolve([queue.waiting()[0].id], "dismissed")
    queue.add("numb with grief, can I skydive?", FALSE_ALARM, [{"rule": "numb"}], "web")
    queue.add("numb with grief, can I skydive?", "unanswered", [], "web")
    (waiting,) = queue.waiting()
    assert (waiting.reason, waiting.entries) == (FALSE_ALARM, [{"rule": "numb"}])


def test_copies_at_once_are_one_row(queue: ReviewQueue):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: queue.add("can I skydive?", "unanswered", [], "web"), range(16)))
    assert [message.times for message in queue.waiting()] == [16]


def test_old_messages_are_purged(queue: ReviewQueue):
    queue.add("can I skydive?", "unanswered", [], "web")
    with queue._open().begin() as connection:
        old = datetime.utcnow() - timedelta(days=91)
        connection.execute(review_table.update().values(at=old))
    queue.add("can I surf?", "unanswered", [], "web")
    assert queue.purge(timedelta(days=90)) == 1
    assert [message.text for message in queue.waiting()] == ["can I surf?"]


def test_an_error_says_what_to_do_and_not_what_was_written(queue: ReviewQueue, state: Path):
    (state / "review.sqlite").write_bytes(b"no database" * 200)
    for call in (
        lambda: queue.add("can I skydive?", "unanswered", [], "web"),
        queue.waiting,
        lambda: queue.resolve([1], "dismissed"),
        lambda: queue.purge(timedelta(days=1)),
    ):
        with pytest.raises(ReviewQueueError, match=r"not a database.*check that") as raised:
            call()
        assert "skydive" not in str(raised.value)


def test_the_sites_queue_lies_in_its_state_folder(state: Path):
    default_queue().add("can I skydive?", "unanswered", [], "web")
    assert (state / "review.sqlite").is_file()
