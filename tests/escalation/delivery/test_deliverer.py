"""Deliveries: claimed, sent, marked; tried again; parked where that cannot help."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from assistant.escalation.cases import CaseBook
from assistant.escalation.delivery.deliverer import LEASE, LONGEST_PAUSE, POISONED, Deliverer, pause
from assistant.escalation.delivery.notify import NotifyError
from assistant.escalation.store import EscalationStore

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_a_target_that_fails_is_tried_again_until_it_takes(site):
    down = {"pager:nurse"}
    site.fault = lambda target: NotifyError("answered 500") if target in down else None
    case = site.say().case
    assert site.work() == []
    assert CaseBook(site.store).case(case).state == "recorded"
    assert site.work(3 * SECOND) == []
    down.clear()
    assert site.work(3 * SECOND) == ["pager:nurse"]
    assert CaseBook(site.store).case(case).state == "notified"


def test_while_a_target_fails_the_limit_passes_the_case_on(site):
    site.fault = lambda target: NotifyError("answered 500") if "nurse" in target else None
    site.say()
    sent = [target for _ in range(10) for target in site.work(MINUTE)]
    assert sent == ["mail:registrar", "pager:registrar"]


def test_a_receiver_dead_for_an_hour_gets_every_case(site):
    dead = True
    site.fault = lambda target: NotifyError("cannot be reached") if dead else None
    for number in range(12):
        site.say(conversation=f"c{number}")
    for _ in range(60):
        assert site.work(MINUTE) == []
    dead = False
    for _ in range(12):
        site.work(MINUTE)
    reached = {case.reference for _, one in site.sent for case in one.cases}
    assert reached == {case.reference for case in CaseBook(site.store).open_cases()}
    assert len(reached) == 12


def test_the_most_pressing_goes_first(site):
    for number, priority in enumerate(("person", "same-day", "page", "same-day", "page")):
        site.say(conversation=f"c{number}", priority=priority)
    site.router.route(site.settings, site.at)
    claimed = site.deliverer.claim(site.settings, site.at)
    order = [one.cases[0].priority for one in claimed]
    assert order == ["page", "page", "same-day", "same-day", "person"]


@pytest.mark.parametrize(
    "fault", [NotifyError("answered 404", permanent=True), RuntimeError("a bug")]
)
def test_a_poisoned_delivery_is_parked_and_its_case_goes_on_at_once(site, fault):
    site.fault = lambda target: fault if "nurse" in target else None
    site.settings = site.settings.copy(
        update={"limits": site.settings.limits.copy(update={"page": 600.0})}
    )
    site.say()
    for _ in range(POISONED):
        site.work(5 * MINUTE)
    (parked,) = CaseBook(site.store).troubled()
    assert (parked.contact, parked.attempts) == ("nurse", POISONED)
    assert site.sent == []
    assert site.work(SECOND) == ["mail:registrar", "pager:registrar"]


def test_one_refusal_after_an_outage_parks_nothing(site):
    answers = ["down"] * POISONED + ["refused"]
    faults = {"down": NotifyError("cannot be reached"), "refused": NotifyError("404", True)}
    site.fault = lambda target: faults[answers.pop(0)] if answers else None
    site.settings = site.settings.copy(
        update={"limits": site.settings.limits.copy(update={"page": 600.0})}
    )
    site.say()
    sent = [target for _ in range(8) for target in site.work(6 * MINUTE)]
    assert sent == ["pager:nurse"]


def test_a_contact_that_left_the_settings_is_no_dead_end(site):
    site.say()
    site.router.route(site.settings, site.at)
    others = {name: one for name, one in site.settings.contacts.items() if name != "nurse"}
    duty = site.settings.on_duty.copy(update={"office": ["registrar"]})
    site.settings = site.settings.copy(update={"contacts": others, "on_duty": duty})
    for _ in range(12):
        site.work(MINUTE)
    assert {target for target, _ in site.sent} == {"pager:registrar", "mail:registrar"}


def test_a_claim_that_ran_out_is_taken_by_another_worker_under_the_same_key(site):
    site.say()
    site.router.route(site.settings, site.at)
    (claimed,) = site.deliverer.claim(site.settings, site.at)  # and this worker dies
    other = Deliverer(site.store, "w2", site._send)
    assert other.deliver(site.settings, lambda: site.at) == 0
    site.at += LEASE + SECOND
    assert other.deliver(site.settings, lambda: site.at) == 1
    assert site.sent[-1][1].key == claimed.key


def test_a_target_that_hangs_fails_and_the_others_are_sent(site):
    release = threading.Event()

    def send(settings, target, notification, at):
        if target == "pager:registrar":
            release.wait(20)
        site.sent.append((target, notification))

    site.deliverer = Deliverer(site.store, "w1", send, seconds=0.3)
    site.say()
    site.work()
    site.at += 10 * MINUTE
    site.router.pass_on(site.settings, site.at)
    site.router.route(site.settings, site.at)
    assert site.deliverer.deliver(site.settings, lambda: site.at) == 2
    assert [target for target, _ in site.sent] == ["pager:nurse", "mail:registrar"]
    release.set()


def test_keys_are_used_once_also_after_a_purge_and_in_another_store(site, state):
    site.say()
    site.work()
    other = type(site)(EscalationStore(f"sqlite:///{state / 'other.sqlite'}"), site.make)
    other.say()
    other.work()
    assert site.sent[0][1].key != other.sent[0][1].key


def test_pauses_double_up_to_a_bound():
    seconds = [pause(attempts).total_seconds() for attempts in range(1, 40)]
    assert 4 <= seconds[0] <= 6 and 8 <= seconds[1] <= 12 and 16 <= seconds[2] <= 24
    assert max(seconds) <= LONGEST_PAUSE * 1.2
    assert len(set(seconds[10:])) > 1  # jitter: many cases do not come back at once


def test_what_is_sent_holds_no_words_and_no_conversation(site):
    site.say(conversation="secret-conversation")
    site.work()
    ((_, notification),) = site.sent
    shown = f"{notification.title} {notification.body} {notification.as_json}"
    assert "numb legs" not in shown and "secret-conversation" not in shown
    assert "EMERGENCY" in shown and "cord compression" in shown
