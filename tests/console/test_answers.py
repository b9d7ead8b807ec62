"""Editors and clinicians: texts and their signatures, false alarms, messages that wait."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace

import pytest
from served import Visitor, field, serving_console, write_tracker

from assistant.escalation.cases import CaseBook
from assistant.faq.sign_off import load_sign_offs
from assistant.learning.queue import default_queue
from assistant.paths import ADVICE, CORPUS
from assistant.web.console.texts import Texts
from assistant.web.console.waiting import WaitingGroups

BY = "Dr A. Okoro, oncologist"
QUESTION = "is it safe to fly"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A copy of all texts: read once for this file, for reading takes seconds."""
    folder = tmp_path_factory.mktemp("texts")
    shutil.copytree(CORPUS, folder / "faq_corpus")
    shutil.copytree(ADVICE, folder / "advice", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder / "faq_corpus", folder / "advice"


@pytest.fixture(scope="module")
def texts(folders):
    return Texts(*folders)


@pytest.fixture
def console(store, staff, texts):
    """In place of the one that shows the repository's own texts."""
    with serving_console(store, texts=texts) as running:
        yield running


def signing(person: Visitor, text_id: str, **changed: str) -> dict[str, str]:
    page = person.get(f"/answers/{text_id}").text
    due = (dt.date.today() + dt.timedelta(days=365)).isoformat()
    known = {name: field(page, name) for name in ("csrf_token", "digest")}
    return {**known, "by": BY, "due": due, **changed}


def test_each_text_stands_with_its_state(joy):
    page = joy.get("/answers").text
    assert "of 86 texts are signed" in page
    assert 'href="/answers/denosumab"' in page and 'href="/answers/advice/fracture"' in page


def test_an_administrator_signs_what_was_shown_and_a_change_voids_it(admin, folders, staff):
    data = signing(admin, "denosumab")
    page = admin.post("/answers/denosumab", data=data).text
    assert "Signed. Patients read it after make corpus-publish" in page and BY in page
    (signed,) = [one for one in load_sign_offs(folders[0]) if one.text == "denosumab"]
    assert signed.by == BY and signed.sha256 == data["digest"]
    assert staff.events()[0].what == "signed denosumab"
    file = folders[0] / "treatment" / "denosumab.md"
    file.write_text(file.read_text().rstrip() + " One more sentence.\n")
    page = admin.get("/answers/denosumab").text
    assert "draft (changed since" in page and "other words" in page
    assert "changed since it was signed" in admin.get("/answers").text
    answer = admin.post("/answers/denosumab", data=data)
    assert answer.status_code == 409 and "changed since you read it" in answer.text


def test_advice_is_signed_like_an_answer(admin, folders):
    admin.post("/answers/advice/fracture", data=signing(admin, "advice/fracture"))
    assert "advice/fracture" in [one.text for one in load_sign_offs(folders[0])]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"by": "Okoro"}, "needs name and role"),
        ({"due": "2020-01-01"}, "must be after"),
        ({"due": "soon"}, "a day is written as"),
    ],
)
def test_what_is_no_signature_is_refused(admin, folders, changed, said):
    answer = admin.post("/answers/biopsy", data=signing(admin, "biopsy", **changed))
    assert answer.status_code == 422 and said in answer.text
    assert "biopsy" not in [one.text for one in load_sign_offs(folders[0])]


def test_nurses_read_but_sign_and_dismiss_nothing(joy, folders):
    page = joy.get("/answers/exercise").text
    assert "Sign it" not in page and "The text, as it is signed" in page
    data = {**signing(joy, "exercise"), "csrf_token": joy.token()}
    assert joy.post("/answers/exercise", data=data).status_code == 403
    assert joy.post("/unanswered", data=data).status_code == 403
    assert joy.get("/answers/nonsense").status_code == 404


def test_a_false_alarm_reaches_the_review_without_identifiers(joy, admin, store, case, state):
    said = "Hi I am Karen, 07700 900123, my numb legs joke again"
    write_tracker(state, "anna", [("user", {"text": "hello"}), ("user", {"text": said})])
    page = joy.press(case, "close", outcome="false-alarm", remark="a joke").text
    assert "waits for review, without identifiers" in page
    closed = CaseBook(store).case(case)
    assert (closed.state, closed.outcome, closed.acknowledged_by) == (
        "closed",
        "false-alarm",
        "joy",
    )
    (waiting,) = default_queue().waiting()
    assert waiting.text == "Hi I am [name], [number], my numb legs joke again"
    assert [rule["id"] for rule in waiting.entries] == ["cord/numb", "classifier"]
    page = admin.get("/unanswered").text
    assert "numb legs joke" in page and "cord/numb" in page and "Karen" not in page
    assert f"make review-accept GROUP={waiting.id} NEAR_MISS=lexical-trap" in page
    admin.post("/unanswered", data={"csrf_token": admin.token(), "message": str(waiting.id)})
    assert default_queue().waiting() == []


def test_a_false_alarm_whose_words_are_gone_is_closed_and_said(joy, store, case):
    assert "Not all of its words" in joy.press(case, "close", outcome="false-alarm").text
    assert CaseBook(store).case(case).state == "closed"


def test_waiting_messages_stand_in_groups_with_the_command(admin, state, texts, monkeypatch):
    """First by the entry that was nearest when they were asked, soon as `make review` has them."""
    for text in (QUESTION, "can i go on a plane"):
        default_queue().add(text, "unanswered", [{"id": "exercise", "score": 0.3}], "web")
    began, made = [], WaitingGroups._make
    monkeypatch.setattr(WaitingGroups, "_make", lambda self, *given: began.append((self, given)))
    page = admin.get("/unanswered").text
    assert "being grouped" in page and QUESTION in page and "nearest: exercise" in page
    ((groups, given),) = began
    key, messages, corpus = given
    few = {id_: corpus.entries[id_] for id_ in ("biopsy", "exercise", "denosumab")}
    made(groups, key, messages, replace(corpus, entries=few))
    page = admin.get("/unanswered").text
    assert "being grouped" not in page and "make review-accept GROUP=1 ENTRY=" in page
