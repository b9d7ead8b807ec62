"""Requests that must not change anything, and words that must not do anything."""

from __future__ import annotations

import pytest
from served import write_tracker

from assistant.escalation.cases import CaseBook
from assistant.escalation.take_over import TakeOvers

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
CHANGING = ("acknowledge", "take-over", "write", "hand-back", "close")


def state_of(store, case):
    found = CaseBook(store).case(case)
    return found.state, TakeOvers(store).of_conversation(found.conversation)


def changing_paths(console, case):
    """Each path that takes a POST, as the app itself knows them."""
    for rule in console.app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint != "entrance.log_in":
            path = rule.rule.replace("<reference>", case).replace("<login>", "ann")
            yield path.replace("<path:text_id>", "denosumab").replace("<int:message_id>", "1")


def test_no_request_changes_anything_without_a_token(console, admin, store, case):
    before = state_of(store, case)
    paths = list(changing_paths(console, case))
    assert len(paths) >= 8 and not any("<" in path for path in paths)
    for path in paths:
        assert admin.post(path, data={"what": "disable"}).status_code == 400, path
    assert state_of(store, case) == before and admin.get("/cases").status_code == 200


def test_a_token_of_another_session_is_refused(console, joy, admin, store, case):
    before, token = state_of(store, case), joy.token()
    for path in changing_paths(console, case):
        answer = admin.post(path, data={"csrf_token": token, "what": "disable"})
        assert answer.status_code == 400, path
    assert state_of(store, case) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_origin_is_refused_even_with_the_token(console, admin, store, case, headers):
    before, token = state_of(store, case), admin.token()
    for path in changing_paths(console, case):
        answer = admin.post(path, data={"csrf_token": token}, headers=headers)
        assert answer.status_code == 403, path
    assert state_of(store, case) == before


def test_a_host_that_is_not_ours_is_refused(joy, console):
    answer = joy.get("/cases", headers={"Host": "evil.example"})
    assert answer.status_code == 400 and "numb" not in answer.text


def test_a_get_changes_nothing(joy, store, case):
    before = state_of(store, case)
    for action in CHANGING:
        assert joy.get(f"/cases/{case}/{action}").status_code == 405
    joy.get(f"/cases/{case}")
    assert state_of(store, case) == before


def test_scripts_in_words_and_names_are_shown_as_text(joy, store, escalation, state):
    mention = {"category": SCRIPT, "status": "present", "words": SCRIPT, "fired": []}
    case = store.record(escalation(mentions=[mention], subject=SCRIPT)).case
    book = CaseBook(store)
    with store.transaction("ask") as connection:
        connection.exec_driver_sql("UPDATE escalation_case SET contact_asked_at = opened_at")
    book.keep_contact("anna", SCRIPT, "07700 900123", "rest")
    write_tracker(state, "anna", [("user", {"text": SCRIPT})])
    joy.press(case, "take-over")
    joy.press(case, "write", text=SCRIPT)
    for path in ("/cases", f"/cases?q={SCRIPT}", f"/cases/{case}"):
        page = joy.get(path).text
        assert "&lt;script&gt;" in page and "<script>alert" not in page and "<img src=x" not in page
    shown = joy.get(f"/cases/{case}/conversation").json()["conversation"]
    assert shown.count("&lt;script&gt;") == 2 and "<script>" not in shown


@pytest.mark.parametrize(
    "search",
    ["' OR 1=1 --", "'; DROP TABLE escalation_case; --", "%", "_", "\\", "x' UNION SELECT 1 --"],
)
def test_sql_in_the_search_finds_nothing_and_does_nothing(joy, case, search):
    page = joy.get("/cases", params={"q": search})
    assert page.status_code == 200 and "0 cases" in page.text
    assert case in joy.get("/cases").text


@pytest.mark.parametrize(
    "query",
    ["state=nonsense", "priority=nonsense", "page=-1", "page=99999999999999999999", "page=x"],
)
def test_strange_addresses_are_answered(joy, case, query):
    assert joy.get(f"/cases?{query}").status_code in (200, 400)


def test_a_form_that_is_too_large_is_refused(joy, case):
    data = {"csrf_token": joy.token(), "text": "x" * 100_000}
    assert joy.post(f"/cases/{case}/write", data=data).status_code == 413


def test_each_answer_is_protected(joy, visitor, case):
    for person, path in (
        (visitor, "/log-in"),
        (joy, "/cases"),
        (joy, f"/cases/{case}"),
        (joy, "/x"),
    ):
        headers = person.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"


def test_pages_hold_no_inline_script_or_style_and_nothing_from_elsewhere(joy, admin, case):
    paths = (
        "/cases",
        f"/cases/{case}",
        "/figures",
        "/answers",
        "/password",
        "/accounts",
        "/log-ins",
    )
    for path in paths:
        page = admin.get(path).text
        assert "<style" not in page and " style=" not in page and " on" + "click" not in page
        assert "//" not in page.replace("</", "").replace("http://www.w3.org", "") or "src=" in page
        assert all('src="/' in part for part in page.split("<script")[1:])


def test_conversations_that_cannot_be_read_are_said_and_staffs_words_stay(joy, case, state):
    joy.press(case, "take-over")
    joy.press(case, "write", text="I am calling you")
    (state / "tracker.sqlite").unlink()
    page = joy.get(f"/cases/{case}").text
    assert "cannot be read" in page and "I am calling you" in page and "numb legs" in page


def test_a_broken_store_is_said_and_nothing_is_claimed(joy, console, case, monkeypatch, caplog):
    from assistant.escalation.store import EscalationStoreError

    token = joy.token()

    def fail(*_, **__):
        raise EscalationStoreError("database is gone")

    monkeypatch.setattr(CaseBook, "acknowledge", fail)
    answer = joy.post(f"/cases/{case}/acknowledge", data={"csrf_token": token})
    assert answer.status_code == 503 and "Nothing was changed" in answer.text


def test_an_error_names_no_words_of_a_patient(joy, case, monkeypatch, caplog):
    def fail(*_, **__):
        raise RuntimeError("purple elephants")

    monkeypatch.setattr(CaseBook, "messages", fail)
    answer = joy.get(f"/cases/{case}")
    assert answer.status_code == 500
    assert "purple" not in answer.text and "purple" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_the_cookie_is_secure_behind_https(store, staff):
    from assistant.web.console.app import create_app
    from assistant.web.console.settings import console_settings

    settings = console_settings({"CONSOLE_URL": "https://console.hospital.example"})
    client = create_app(store, settings).test_client()
    address = {"base_url": "https://console.hospital.example"}
    page = client.get("/log-in", **address)
    cookie = page.headers["set-cookie"]
    assert cookie.startswith("__Host-console=") and "Secure" in cookie
    assert page.headers["strict-transport-security"]
    assert client.get("/log-in", base_url="https://evil.example").status_code == 400
