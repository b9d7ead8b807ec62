"""Cases as people handle them, and the audit that nobody can change."""

from __future__ import annotations

import sqlite3

import pytest

from assistant.escalation.__main__ import main
from assistant.escalation.cases import CaseBook, NoSuchCaseError
from assistant.escalation.notices import NoticeBoard
from assistant.escalation.store import default_store


@pytest.fixture
def book(state) -> CaseBook:
    return CaseBook(default_store())


@pytest.fixture
def board(state) -> NoticeBoard:
    return NoticeBoard(default_store())


def test_acknowledging_twice_changes_nothing(book, escalation):
    case = default_store().record(escalation()).case
    assert book.acknowledge(case, "Joy", "terminal")
    assert not book.acknowledge(case, "Ann", "terminal")
    found = book.case(case)
    assert (found.state, found.acknowledged_by) == ("acknowledged", "Joy")


def test_closing_acknowledges_and_tells_the_patient(book, board, escalation):
    case = default_store().record(escalation()).case
    assert book.close(case, "Joy", "terminal") and not book.close(case, "Joy", "terminal")
    events = [event.what for event in book.events(book.case(case).id)]
    assert events == ["recorded", "acknowledged", "closed"]
    assert [notice.kind for notice in board.since("anna")] == ["seen"]


def test_the_patient_of_a_case_for_review_is_told_nothing(book, board, escalation):
    case = default_store().record(escalation(priority="review")).case
    book.close(case, "Joy", "terminal")
    assert board.since("anna") == []


def test_a_case_is_found_in_any_spelling_of_its_reference_and_no_other(book, escalation):
    case = default_store().record(escalation()).case
    assert book.case(f" {case.lower()} ").reference == case
    with pytest.raises(NoSuchCaseError, match="make cases"):
        book.case("nonsense")


def test_the_audit_cannot_be_changed(book, escalation, state):
    default_store().record(escalation())
    other = sqlite3.connect(state / "escalations.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="rows of the audit cannot be changed"):
        other.execute("UPDATE case_event SET who = 'nobody'")
    other.close()


def test_a_number_is_asked_for_once_and_kept_with_the_case_alone(book, escalation):
    store = default_store()
    assert store.record(escalation()).ask_contact
    assert not store.record(escalation(message_id="m2")).ask_contact
    assert book.wants_contact("anna")
    assert book.keep_contact("anna", "Anna", "07700 900123", "rest")
    assert not book.wants_contact("anna") and book.wants_contact("anna", again=True)
    (case,) = book.open_cases()
    assert (case.contact_name, case.contact_number) == ("Anna", "07700 900123")
    assert "07700" not in str(book.events(case.id))


def test_nobody_is_asked_for_a_number_over_a_quiet_case(book, escalation):
    assert not default_store().record(escalation(priority="review")).ask_contact
    assert not book.wants_contact("anna")


def test_who_wants_a_person_is_asked_for_a_number(book, escalation):
    wish = escalation(priority="person", kind="person-wanted", mentions=[])
    assert default_store().record(wish).ask_contact


def test_a_number_that_was_given_stands_in_the_next_case_too(book, escalation):
    default_store().record(escalation())
    book.keep_contact("anna", "Anna", "07700 900123", "rest")
    jaw = [{"category": "jaw", "words": "jaw"}]
    recorded = default_store().record(escalation(message_id="m2", mentions=jaw))
    assert not recorded.ask_contact
    assert book.case(recorded.case).contact_number == "07700 900123"


def test_a_message_that_nothing_could_read_is_no_wish_for_a_person(book, escalation):
    wish = escalation(priority="person", kind="person-wanted", mentions=[])
    first = default_store().record(wish)
    unread = default_store().record(escalation(mentions=[]))
    assert unread.is_new and unread.case != first.case


def test_a_quiet_case_that_becomes_pressing_is_asked_then(book, escalation):
    store = default_store()
    store.record(escalation(priority="review"))
    assert store.record(escalation(message_id="m2")).ask_contact


def test_the_terminal_lists_shows_and_closes(book, escalation, capsys):
    case = default_store().record(escalation()).case
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert "1 open cases, 1 of them acknowledged by nobody" in listed and case in listed
    assert "numb legs" not in listed and "no worker has given a sign of life" in listed
    assert main(["--show", case]) == 0
    assert "'numb legs'" in capsys.readouterr().out
    assert main(["--acknowledge", case, "--by", "Joy"]) == 0
    assert main(["--acknowledge", case, "--by", "Ann"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Acknowledged by Joy.",
        "Nothing changed: it is acknowledged already by Joy.",
    ]
    assert main(["--close", case, "--by", "Joy"]) == 0
    assert main(["--show", "nonsense"]) == 1
    assert "There is no case 'nonsense'" in capsys.readouterr().err
