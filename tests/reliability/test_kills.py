"""kill -9 of Rasa and of the worker at each durable boundary, under a stream of red flags."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter

import pytest
from clock import deliveries
from receiver import Receiver
from sites import Site
from sqlalchemy import select
from stream import Staff, Stream
from waiting import until

from assistant.escalation.cases import CaseBook
from assistant.escalation.notices import NoticeBoard
from assistant.escalation.store import EscalationStore
from assistant.escalation.tables import case_table

RASA = ("record", "acknowledge")
WORKER = ("route", "claim", "send", "mark")
WHENS = ("before", "after")
# Killed processes take their time: the short form shows it on one database, all else on both.
KILLED = ("sqlite", "postgresql") if "--long" in sys.argv else ("sqlite",)
LONG_ROUNDS = 5
ANSWERS_BETWEEN = 5
SHORT_SECONDS, LONG_SECONDS = 4, 120


@pytest.mark.parametrize("url", KILLED, indirect=True)
@pytest.mark.timeout(1200)
def test_nothing_is_lost_when_processes_are_killed(
    site: Site, store: EscalationStore, receivers: list[Receiver], long: bool, url: str, figures
):
    quiet = Stream(site)
    time.sleep(LONG_SECONDS if long else SHORT_SECONDS)
    quiet.stop()
    until(lambda: heard(store, receivers), "all cases delivered")
    figures.add(url, "undisturbed", quiet, store, receivers, site, killed=0)

    stream, staff = Stream(site), Staff(receivers)
    deaths = [f"{when} {what}" for what in RASA + WORKER for when in WHENS]
    rounds = LONG_ROUNDS if long else 1
    worker_dies = threading.Thread(target=kill, args=(site, stream, WORKER, rounds))
    try:
        worker_dies.start()
        kill(site, stream, RASA, rounds)
        worker_dies.join()
    finally:
        stream.stop()
        until(lambda: heard(store, receivers), "all cases delivered")
        staff.stop()
    assert not list(site.deaths.iterdir())
    killed = site.log.count("ended with -9")
    assert killed == len(deaths) * rounds

    records, cases, sent = store.records(), all_cases(store), deliveries(store)
    messages = [*quiet.sent, *stream.sent]
    assert {*quiet.answered, *stream.answered} == set(messages)
    assert Counter(row["message_id"] for row in records) == Counter(messages), "each once"
    assert len(cases) == len(messages), "each conversation has one case"
    for replies in [*quiet.replies.values(), *stream.replies.values()]:
        for reply in replies:
            turn = next(message["custom"] for message in reply if "custom" in message)
            assert turn["kind"] == "escalation"
    assert {row.state for row in sent} <= {"sent", "dropped"}
    acted = [key for receiver in receivers for key in receiver.acted]
    keys = {row.key for row in sent if row.state == "sent"}
    # A notification is dropped when its case was acknowledged: by the link of one that the
    # receiver had before the worker died.
    assert keys <= set(acted) and len(acted) == len(set(acted))
    assert {case.reference for case in cases} == set(receivers[0].cases)
    assert not any(receiver.refused for receiver in receivers)
    assert {case.state for case in cases} == {"acknowledged"}
    for case in cases:
        events = Counter(event.what for event in CaseBook(store).events(case.id))
        assert events["recorded"] == events["acknowledged"] == 1
        seen = [one.kind for one in NoticeBoard(store).since(case.conversation)]
        assert seen.count("seen") == 1
    figures.add(url, "under kills", stream, store, receivers, site, killed)


def kill(site: Site, stream: Stream, whats: tuple[str, ...], rounds: int) -> None:
    """Lets processes die at each boundary, with messages answered in between."""
    for _ in range(rounds):
        for what in whats:
            for when in WHENS:
                site.die(when, what)
                wanted = len(stream.answered) + ANSWERS_BETWEEN
                until(lambda wanted=wanted: len(stream.answered) >= wanted, "more answers")


def all_cases(store: EscalationStore) -> list:
    with store.reading("read cases") as connection:
        return list(connection.execute(select(case_table)))


def heard(store: EscalationStore, receivers: list[Receiver]) -> bool:
    references = {case.reference for case in all_cases(store)}
    waiting = any(row.state == "waiting" for row in deliveries(store))
    return references <= set(receivers[0].cases) and not waiting
