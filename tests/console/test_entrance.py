"""Who gets in, what is refused, and what the audit says of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from served import PASSWORD, Visitor, field, serving_console
from sqlalchemy.exc import DatabaseError

from assistant.escalation.store import PATIENCE, EscalationStore, EscalationStoreError
from assistant.escalation.tables import staff_event_table, staff_session_table
from assistant.escalation.times import now
from assistant.web.console.accounts import AccountError, Accounts
from assistant.web.console.log_in import (
    FREE_OF_ACCOUNT,
    FREE_OF_ADDRESS,
    BlockedError,
    Door,
    LogInError,
)
from assistant.web.console.passwords import WeakPasswordError, check_strength, hashed
from assistant.web.console.sessions import Limits, Sessions

PAGES = ("/", "/cases", "/cases/changes", "/figures", "/answers", "/accounts", "/log-ins")


def rows(store, table):
    with store.reading("look") as connection:
        return connection.execute(table.select()).all()


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_readable_without_a_log_in(visitor, page):
    answer = visitor.get(page, allow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/log-in")


def test_no_case_is_readable_without_a_log_in(visitor, case):
    for path in (f"/cases/{case}", f"/cases/{case}/conversation"):
        answer = visitor.get(path, allow_redirects=False)
        assert answer.status_code == 303 and "numb" not in answer.text
    looking = {"X-Looks-By-Itself": "1"}
    assert visitor.get(f"/cases/{case}/conversation", headers=looking).status_code == 401


def test_each_page_of_the_app_asks_for_a_log_in(console, visitor):
    """Also those that somebody adds later."""
    for rule in console.app.url_map.iter_rules():
        if rule.endpoint in ("static", "entrance.log_in", "entrance.health"):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", "x").replace(f"<int:{name}>", "1")
        method = "GET" if "GET" in rule.methods else "POST"
        answer = visitor.request(method, path, allow_redirects=False)
        assert answer.status_code in (303, 400), path


def test_the_right_password_opens_and_is_noted(visitor, store, staff):
    answer = visitor.log_in("Joy ")
    assert answer.status_code == 303 and answer.headers["location"] == "/cases"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    (session,) = rows(store, staff_session_table)
    assert session.key not in cookie  # its hash is kept
    newest = staff.events()[0]
    assert (newest.what, newest.login) == ("logged in", "joy")


def test_a_wrong_password_ten_times_shuts_the_account_for_a_while(
    visitor, store, staff, monkeypatch
):
    matches = "assistant.web.console.log_in.matches"
    monkeypatch.setattr(matches, lambda typed, _: typed == PASSWORD)
    answers = [visitor.log_in("joy", "wrong password") for _ in range(10)]
    assert [one.status_code for one in answers] == [401] * 5 + [429] * 5
    assert "wrong" in answers[0].text and "Try again in" in answers[9].text
    assert visitor.log_in("joy").status_code == 429  # the right one is not even tried
    assert visitor.log_in("ann").status_code == 303  # others are not kept out
    said = [one.what for one in staff.events()]
    assert said.count("log-in failed") == 4 and said.count("log-in failed, blocked") == 1


def test_the_pause_grows_and_ends(store, staff, monkeypatch):
    matches = "assistant.web.console.log_in.matches"
    monkeypatch.setattr(matches, lambda typed, _: typed == PASSWORD)  # hashing takes a while
    clock = [now()]
    door = Door(store, lambda: clock[0])
    pauses = []
    for _ in range(8):
        with pytest.raises(LogInError):
            door.enter("joy", "wrong", "10.0.0.1")
        try:
            door.enter("joy", "wrong", "10.0.0.2")
        except BlockedError as blocked:
            pauses.append(blocked.until - clock[0].replace(tzinfo=None))
            clock[0] += pauses[-1] + timedelta(seconds=1)
        except LogInError:
            pass
    assert pauses == sorted(pauses) and pauses[-1] > pauses[0] >= timedelta(seconds=30)
    assert door.enter("joy", PASSWORD, "10.0.0.1").login == "joy"


def test_an_address_that_tries_many_names_is_shut_out(store, staff, monkeypatch):
    monkeypatch.setattr("assistant.web.console.log_in.matches", lambda *_: False)
    door = Door(store)
    for number in range(20):
        with pytest.raises(LogInError):
            door.enter(f"name{number}", "guess", "10.0.0.1")
    with pytest.raises(BlockedError):
        door.enter("joy", PASSWORD, "10.0.0.1")
    with pytest.raises(LogInError) as other:
        door.enter("joy", "guess", "10.0.0.2")
    assert not isinstance(other.value, BlockedError)


def test_unknown_names_get_the_same_answer_and_the_same_work(visitor, store, staff, monkeypatch):
    tried = []
    from argon2 import PasswordHasher

    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: tried.append(1) or verify(*given))
    known, unknown = visitor.log_in("joy", "wrong"), visitor.log_in("nobody", "wrong")
    assert (known.status_code, unknown.status_code) == (401, 401) and len(tried) == 2
    assert field(known.text, "x") == field(unknown.text, "x")
    assert known.text.count("is wrong") == unknown.text.count("is wrong") == 1


def test_a_password_in_the_wrong_field_is_not_kept(visitor, store, staff, state):
    visitor.log_in("my secret passphrase", "x")
    assert "secret" not in str([tuple(row) for row in rows(store, staff_event_table)])
    for file in state.glob("escalations.sqlite*"):
        assert b"secret passphrase" not in file.read_bytes()


def test_log_out_ends_the_session_for_good(joy, console):
    key = joy.cookies["console"]
    joy.post("/log-out", data={"csrf_token": joy.token()})
    assert joy.cookies["console"] != key
    thief = Visitor(console.url)
    thief.cookies.set("console", key)
    assert thief.get("/cases", allow_redirects=False).status_code == 303


def test_sessions_outlive_the_console_and_end_by_idleness_and_age(store, staff):
    limits = Limits(idle=timedelta(minutes=60), absolute=timedelta(hours=12))
    (ann, *_), began = staff.all(), now()
    key = Sessions(store, limits).begin(ann, "10.0.0.1", began)
    again = Sessions(store, limits)  # another process
    assert again.account(key, acts=False, at=began + timedelta(minutes=59)) == ann
    assert again.account(key, acts=False, at=began + timedelta(minutes=61)) is None
    at = began
    while at < began + timedelta(hours=12) - timedelta(minutes=50):
        at += timedelta(minutes=50)
        assert again.account(key, acts=True, at=at) == ann
    assert again.account(key, acts=True, at=began + timedelta(hours=12, minutes=1)) is None


def test_a_page_that_looks_by_itself_keeps_no_session(store, staff):
    (ann, *_), began = staff.all(), now()
    sessions = Sessions(store)
    key = sessions.begin(ann, "10.0.0.1", began)
    for minutes in range(0, 60, 5):
        assert sessions.account(key, acts=False, at=began + timedelta(minutes=minutes))
    assert sessions.account(key, acts=False, at=began + timedelta(minutes=61)) is None


def test_whoever_is_disabled_is_out_at_once(joy, staff):
    staff.disable("joy", "test")
    assert joy.get("/cases", allow_redirects=False).status_code == 303
    assert joy.log_in("joy").status_code == 401


def test_nurses_see_no_page_of_administrators(joy, admin):
    for page in ("/accounts", "/log-ins"):
        assert joy.get(page).status_code == 403
        assert admin.get(page).status_code == 200
    answer = joy.post("/accounts/ann", data={"csrf_token": joy.token(), "what": "disable"})
    assert answer.status_code == 403


def test_an_administrator_disables_and_the_last_one_stays(admin, ann, staff):
    token = admin.token()
    admin.post("/accounts/ann", data={"csrf_token": token, "what": "disable"})
    assert ann.get("/cases", allow_redirects=False).status_code == 303
    answer = admin.post("/accounts/root", data={"csrf_token": token, "what": "nurse"})
    assert answer.status_code == 422 and "last admin" in answer.text
    assert admin.get("/accounts").status_code == 200
    assert [one.what for one in staff.events()][:1] == ["disabled"]


def test_the_audit_cannot_be_changed(store, staff):
    with pytest.raises(EscalationStoreError) as refused, store.transaction("forge") as connection:
        connection.execute(staff_event_table.update().values(who="somebody else"))
    assert isinstance(refused.value.__cause__, DatabaseError)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short one", "12 to 128 characters"),
        ("password1234", "guessed"),
        ("joyjoyjoyjoy", "guessed"),
        ("aaaaaaaaaaaaaaaa", "guessed"),
        ("qwertyuiop12", "guessed"),
    ],
)
def test_weak_passwords_are_refused_without_being_repeated(password, said):
    with pytest.raises(WeakPasswordError, match=said) as refused:
        check_strength(password, "joy", "Joy")
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    ("login", "name", "role"),
    [("J oy", "Joy", "nurse"), ("joy2", " ", "nurse"), ("j2", "J", "boss")],
)
def test_accounts_need_a_login_a_name_and_a_role(staff, login, name, role):
    with pytest.raises(AccountError):
        staff.add(login, name, role, PASSWORD, "test")


def test_one_changes_ones_own_password_and_logs_in_with_it(joy, staff):
    new = "seven quiet herons landing"
    wrong = {"csrf_token": joy.token(), "password": "no", "new": new, "again": new}
    assert "present password is wrong" in joy.post("/password", data=wrong).text
    answer = joy.post("/password", data={**wrong, "password": PASSWORD})
    assert "Log in with it" in answer.text
    assert joy.log_in("joy", new).status_code == 303


def test_hashes_are_argon2id():
    assert hashed(PASSWORD).startswith("$argon2id$") and hashed(PASSWORD) != hashed(PASSWORD)


def test_a_strange_way_back_is_not_followed(visitor, staff):
    for back in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ):
        data = {"csrf_token": visitor.token("/log-in"), "login": "joy", "password": PASSWORD}
        answer = visitor.post("/log-in", data={**data, "back": back}, allow_redirects=False)
        assert answer.headers["location"] == "/cases"


def test_an_expired_session_comes_back_to_its_page(store, staff, case):
    with serving_console(store, Limits(idle=timedelta(seconds=-1))) as running:
        joy = Visitor(running.url)
        joy.log_in("joy")
        answer = joy.post(
            f"/cases/{case}/write",
            data={"csrf_token": "of before"},
            headers={"Referer": f"{running.url}/cases/{case}"},
            allow_redirects=False,
        )
    assert answer.headers["location"] == f"/log-in?back=/cases/{case}&ended=1"


def test_a_head_request_tries_no_password(joy, visitor, staff, monkeypatch):
    tried = []
    monkeypatch.setattr(Door, "enter", lambda *given: tried.append(given))
    before = len(staff.events())
    assert visitor.head("/log-in").status_code == joy.head("/password").status_code == 200
    assert tried == [] and len(staff.events()) == before


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request):
    if request.param == "sqlite":
        return request.getfixturevalue("store")
    store = EscalationStore(request.getfixturevalue("postgresql_url"), PATIENCE)  # the console's
    Accounts(store).add("joy", "Joy", "nurse", PASSWORD, "test")
    return store


def test_tries_that_come_at_once_all_count(either_store, monkeypatch):
    """None of them knows yet that the others fail."""
    tried, all_there = [], threading.Barrier(FREE_OF_ACCOUNT)

    def matches(*_):
        tried.append(1)
        all_there.wait(60)
        return False

    def enter(number):
        with pytest.raises(LogInError) as refused:
            Door(either_store).enter("joy", "guess", f"10.0.0.{number}")
        return type(refused.value)

    monkeypatch.setattr("assistant.web.console.log_in.matches", matches)
    with ThreadPoolExecutor(12) as threads:
        refused = list(threads.map(enter, range(12)))
    assert len(tried) == refused.count(LogInError) == FREE_OF_ACCOUNT
    assert refused.count(BlockedError) == 12 - FREE_OF_ACCOUNT


def test_right_passwords_block_no_address(store, staff, monkeypatch):
    monkeypatch.setattr("assistant.web.console.log_in.matches", lambda *_: True)
    for _ in range(FREE_OF_ADDRESS + 5):
        assert Door(store).enter("joy", PASSWORD, "10.0.0.1").login == "joy"
