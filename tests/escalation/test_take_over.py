"""One person at a time writes to a patient; nothing that the patient writes meanwhile is lost."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

from assistant.escalation.cases import CaseBook, ChangedError, NoSuchCaseError, shown_state
from assistant.escalation.notices import NoticeBoard
from assistant.escalation.store import EscalationStore
from assistant.escalation.take_over import (
    MOST_CHARACTERS,
    ClosedError,
    LineError,
    NotTakenOverError,
    TakenError,
    TakeOvers,
    UnreadError,
)

AT = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def take_overs(store: EscalationStore) -> TakeOvers:
    return TakeOvers(store)


@pytest.fixture
def case(store, escalation) -> str:
    return store.record(escalation(recorded_at=AT)).case or ""


def told(store) -> list[tuple[str, str | None, str | None]]:
    return [(one.kind, one.name, one.text) for one in NoticeBoard(store).since("anna")]


def audit(store, case) -> list[tuple[str, str]]:
    book = CaseBook(store)
    return [(event.what, event.who) for event in book.events(book.case(case).id)]


def test_whoever_takes_over_has_acknowledged_and_the_patient_is_told_who_it_is(
    store, take_overs, case
):
    standing = take_overs.begin(case, "joy", "Joy", AT)
    assert (standing.staff, standing.name, standing.patient_waits) == ("joy", "Joy", False)
    assert CaseBook(store).case(case).acknowledged_by == "joy"
    assert told(store) == [("seen", None, None), ("taken-over", "Joy", None)]
    assert take_overs.begin(case, "joy", "Joy") == standing


def test_the_second_to_take_over_is_told_who_was_first(take_overs, case):
    take_overs.begin(case, "joy", "Joy")
    with pytest.raises(TakenError, match="Joy is writing"):
        take_overs.begin(case, "ann", "Ann")


def test_of_many_at_once_one_wins(store, case):
    won, lost = [], []

    def take(login: str) -> None:
        try:
            won.append(TakeOvers(EscalationStore(store.url, patience=20)).begin(case, login, login))
        except TakenError as error:
            lost.append(error.name)

    threads = [threading.Thread(target=take, args=(f"nurse{i}",)) for i in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(won) == 1 and lost == [won[0].name] * 5


def test_a_line_reaches_the_patient_once_and_its_words_stay_out_of_the_audit(
    store, take_overs, case
):
    take_overs.begin(case, "joy", "Joy")
    assert take_overs.write(case, "joy", " Can you stand up? ", "form-1")
    assert not take_overs.write(case, "joy", "Can you stand up?", "form-1")
    assert told(store)[2:] == [("staff", "Joy", "Can you stand up?")]
    events = CaseBook(store).events(CaseBook(store).case(case).id)
    assert "stand" not in str([event._mapping for event in events])


@pytest.mark.parametrize("text", ["", "   ", "x" * (MOST_CHARACTERS + 1)])
def test_an_empty_or_endless_line_is_refused(take_overs, case, text):
    take_overs.begin(case, "joy", "Joy")
    with pytest.raises(LineError, match="1 to 4000 characters"):
        take_overs.write(case, "joy", text, "form-1")


def test_nobody_writes_in_a_conversation_that_is_not_theirs(store, take_overs, case):
    with pytest.raises(NotTakenOverError, match="nobody"):
        take_overs.write(case, "joy", "hello", "form-1")
    take_overs.begin(case, "joy", "Joy")
    with pytest.raises(NotTakenOverError, match="Joy is writing"):
        take_overs.write(case, "ann", "hello", "form-2")
    assert not take_overs.hand_back(case, "ann")


def test_a_case_that_is_closed_or_unknown_is_not_taken_over(store, take_overs, case):
    CaseBook(store).close(case, "joy", "console")
    with pytest.raises(ClosedError):
        take_overs.begin(case, "joy", "Joy")
    with pytest.raises(NoSuchCaseError):
        take_overs.begin("FFFFFFFF", "joy", "Joy")


def test_after_handing_back_the_assistant_answers_and_another_may_take_over(
    store, take_overs, case
):
    take_overs.begin(case, "joy", "Joy")
    assert take_overs.hand_back(case, "joy") and not take_overs.hand_back(case, "joy")
    assert take_overs.message_arrives("anna") is None
    assert told(store)[-1] == ("handed-back", "Joy", None)
    assert take_overs.begin(case, "ann", "Ann").name == "Ann"


def test_a_message_that_arrives_is_for_the_person_and_waits_for_her(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy", AT)
    assert take_overs.message_arrives("anna", AT + timedelta(minutes=1)).name == "Joy"
    assert take_overs.message_arrives("ben") is None
    (standing,) = take_overs.standing()
    assert standing.patient_waits
    take_overs.write(case, "joy", "I am here", "form-1", AT + timedelta(minutes=2))
    assert not take_overs.of_conversation("anna").patient_waits


def test_who_forgets_the_patient_loses_the_conversation_and_the_case_begins_anew(
    store, take_overs, case
):
    take_overs.begin(case, "joy", "Joy", AT)
    take_overs.message_arrives("anna", AT + timedelta(minutes=1))
    assert take_overs.end_forgotten(HALF_AN_HOUR, AT + timedelta(minutes=29)) == 0
    assert take_overs.end_forgotten(HALF_AN_HOUR, AT + timedelta(minutes=30)) == 1
    assert take_overs.of_conversation("anna") is None
    assert told(store)[-1] == ("left-waiting", "Joy", None)
    assert CaseBook(store).case(case).state == "recorded"
    assert audit(store, case)[-1] == ("take-over forgotten", "assistant")


def test_a_forgotten_conversation_in_which_nothing_waits_alarms_nobody(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy", AT)
    assert take_overs.end_forgotten(HALF_AN_HOUR, AT + HALF_AN_HOUR) == 1
    assert CaseBook(store).case(case).state == "acknowledged"
    assert told(store)[-1] == ("left", "Joy", None)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("leave", ["hand_back", "close"])
def test_nobody_leaves_a_message_behind_that_she_has_not_seen(store, take_overs, case, leave):
    take_overs.begin(case, "joy", "Joy", AT)
    take_overs.message_arrives("anna", AT + MINUTE)
    with pytest.raises(UnreadError, match="has written since"):
        getattr(take_overs, leave)(case, "joy", AT + 2 * MINUTE, read_until=AT)
    assert take_overs.of_conversation("anna") is not None
    assert getattr(take_overs, leave)(case, "joy", AT + 2 * MINUTE, read_until=AT + MINUTE)
    assert take_overs.of_conversation("anna") is None
    assert told(store)[-1][0] == "handed-back"


def test_a_line_that_was_typed_without_the_patients_last_message_is_no_answer(
    store, take_overs, case
):
    take_overs.begin(case, "joy", "Joy", AT)
    take_overs.message_arrives("anna", AT + MINUTE)
    take_overs.write(case, "joy", "How are you?", "form-1", AT + 2 * MINUTE, read_until=AT)
    assert take_overs.of_conversation("anna").patient_waits
    take_overs.end_forgotten(HALF_AN_HOUR, AT + 40 * MINUTE)
    assert CaseBook(store).case(case).state == "recorded"


def test_other_words_from_the_same_form_are_another_line(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy")
    assert take_overs.write(case, "joy", "Come in.", "form-1")
    assert take_overs.write(case, "joy", "Correction: call first.", "form-1")
    assert [text for kind, _, text in told(store) if kind == "staff"] == [
        "Come in.",
        "Correction: call first.",
    ]
    with pytest.raises(LineError, match="load the page again"):
        take_overs.write(case, "joy", "hello", "")


def test_a_conversation_is_taken_from_somebody_who_is_named(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy")
    with pytest.raises(TakenError) as caught:
        take_overs.begin(case, "ann", "Ann", instead_of="bob")
    assert (caught.value.name, caught.value.staff) == ("Joy", "joy")
    assert take_overs.begin(case, "ann", "Ann", instead_of="joy").staff == "ann"
    assert ("taken from somebody", "ann") in audit(store, case)
    with pytest.raises(NotTakenOverError):
        take_overs.write(case, "joy", "hello", "form-1")


def test_a_case_that_changed_is_neither_taken_over_nor_closed(store, take_overs, case, escalation):
    shown = shown_state(CaseBook(store).case(case))
    store.record(escalation(message_id="m2", recorded_at=AT + MINUTE))
    for act in (take_overs.begin, take_overs.close):
        arguments = ("Joy",) if act == take_overs.begin else ()
        with pytest.raises(ChangedError):
            act(case, "joy", *arguments, shown=shown)


def test_a_message_that_comes_after_the_person_is_gone_is_the_assistants(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy", AT)
    assert take_overs.message_arrives("anna", AT + timedelta(hours=9)) is None  # without a worker
    assert take_overs.of_conversation("anna") is None


def test_a_quiet_case_that_was_left_alone_does_not_wait_for_a_list(store, take_overs, escalation):
    case = store.record(escalation(priority="review", recorded_at=AT)).case
    take_overs.begin(case, "joy", "Joy", AT)
    take_overs.message_arrives("anna", AT + MINUTE)
    take_overs.end_forgotten(HALF_AN_HOUR, AT + HALF_AN_HOUR)
    assert CaseBook(store).case(case).priority == "same-day"


def test_whose_account_is_gone_has_no_conversation(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy")
    take_overs.message_arrives("anna")
    assert take_overs.end_of("ann") == 0 and take_overs.end_of("joy") == 1
    assert CaseBook(store).case(case).state == "recorded"


def test_a_case_that_is_closed_elsewhere_over_an_unread_message_opens_again(
    store, take_overs, case
):
    take_overs.begin(case, "joy", "Joy", AT)
    take_overs.message_arrives("anna", AT + MINUTE)
    CaseBook(store).close(case, "a Task", "hospital", AT + 2 * MINUTE)
    assert take_overs.end_forgotten(HALF_AN_HOUR, AT + 2 * MINUTE) == 1
    found = CaseBook(store).case(case)
    assert (found.state, found.closed_at, found.outcome) == ("recorded", None, None)


def test_closing_the_case_ends_the_take_over(store, take_overs, case):
    take_overs.begin(case, "joy", "Joy")
    CaseBook(store).close(case, "joy", "terminal")
    assert take_overs.end_forgotten(HALF_AN_HOUR) == 1
    assert told(store)[-1][0] == "handed-back"


def test_what_became_of_a_case_is_kept_with_it_and_out_of_the_audit(store, case):
    book = CaseBook(store)
    with pytest.raises(ValueError, match="allowed are advised"):
        book.close(case, "joy", "console", outcome="cured")
    book.close(case, "joy", "console", outcome="advised", remark="Spoke to Anna's husband")
    closed = book.case(case)
    assert (closed.outcome, closed.outcome_note) == ("advised", "Spoke to Anna's husband")
    details = [event.details for event in book.events(closed.id)]
    assert details[-1] == {"outcome": "advised"}


def test_on_postgresql(postgresql_url, escalation):
    store = EscalationStore(postgresql_url)
    case = store.record(escalation(recorded_at=AT)).case
    take_overs = TakeOvers(store)
    take_overs.begin(case, "joy", "Joy", AT)
    with pytest.raises(TakenError):
        take_overs.begin(case, "ann", "Ann")
    take_overs.write(case, "joy", "hello", "form-1", AT)
    take_overs.message_arrives("anna", AT + timedelta(minutes=1))
    assert take_overs.end_forgotten(HALF_AN_HOUR, AT + HALF_AN_HOUR) == 1
    assert [kind for kind, _, _ in told(store)] == ["seen", "taken-over", "staff", "left-waiting"]
