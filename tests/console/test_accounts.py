"""Accounts in the terminal, and the settings by which the console is reached."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest
from served import PASSWORD, Visitor

from assistant.escalation.tables import case_table
from assistant.paths import ROOT
from assistant.web.console import staff as commands
from assistant.web.console.listing import Listing, Wanted
from assistant.web.console.settings import ConsoleError, ConsoleSettings, console_settings


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123


def test_without_a_terminal_a_random_password_is_shown_once(console, store, capsys):
    assert commands.main(["add", "jim", "--name", "Jim", "--role", "nurse"]) == 0
    shown = re.search(r"shown this once: (\S+)", capsys.readouterr().out)[1]
    assert Visitor(console.url).log_in("jim", shown).status_code == 303
    assert commands.main(["password", "jim"]) == 0
    other = re.search(r"shown this once: (\S+)", capsys.readouterr().out)[1]
    assert Visitor(console.url).log_in("jim", shown).status_code == 401
    assert Visitor(console.url).log_in("jim", other).status_code == 303


def test_accounts_are_listed_disabled_and_enabled(store, capsys):
    assert commands.main(["disable", "joy"]) == 0 and commands.main(["list"]) == 0
    lines = capsys.readouterr().out
    assert re.search(r"joy +Joy +nurse +disabled", lines) and re.search(r"root.*admin", lines)
    assert commands.main(["enable", "joy"]) == 0
    assert commands.main(["disable", "nobody"]) == 1
    assert "no such account" in capsys.readouterr().err


def test_on_a_terminal_the_password_is_asked_for_twice(state, store):
    """In a process of its own, with a terminal of its own."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "assistant.web.console.staff", "password", "joy"]
    environment = {**os.environ, "PYTHONPATH": ".", "PYTHONWARNINGS": "ignore"}
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, preexec_fn=lambda: os.close(ours),
    )  # fmt: skip
    os.close(theirs)
    said = b""
    for _ in range(2):
        while not said.rstrip().endswith(b":"):
            said += os.read(ours, 1000)
        said = b""
        os.write(ours, f"{PASSWORD} again\n".encode())
    while b"another password" not in said:
        said += os.read(ours, 1000)
    assert running.wait(20) == 0 and PASSWORD.encode() not in said
    os.close(ours)


def test_the_console_stays_on_this_machine_without_an_https_address():
    assert console_settings({}) == ConsoleSettings("127.0.0.1", 5006, None)
    assert console_settings({"HOST": "0.0.0.0", "CONSOLE_PORT": "7"}).host == "127.0.0.1"
    outside = {"HOST": "0.0.0.0", "CONSOLE_URL": "https://console.hospital.example/"}
    assert console_settings(outside).host == "0.0.0.0"
    assert console_settings(outside).shown == "https://console.hospital.example/"


@pytest.mark.parametrize(
    "given",
    [
        {"CONSOLE_PORT": "x"},
        {"CONSOLE_PORT": "70000"},
        {"CONSOLE_URL": "http://console.hospital.example"},
        {"CONSOLE_URL": "https://console.hospital.example/path"},
    ],
)
def test_settings_that_cannot_be_used_say_what_is_allowed(given):
    with pytest.raises(ConsoleError, match="must be"):
        console_settings(given)


def test_the_list_is_read_by_its_index(store):
    """Without sorting, however many cases there are."""
    statements = []
    from sqlalchemy import event

    with store.reading("find the readers' engine") as connection:
        readers = connection.engine
    event.listen(readers, "before_cursor_execute", lambda *given: statements.append(given[2:4]))
    Listing(store).page(Wanted())
    (text, values) = next(one for one in statements if "LIMIT" in one[0] and "ORDER BY" in one[0])
    with store.reading("explain") as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all())
    assert "escalation_case_list" in plan and "TEMP B-TREE" not in plan


def test_list_search_and_pulse_work_on_postgresql(postgresql_url, escalation):
    from assistant.escalation.cases import CaseBook
    from assistant.escalation.store import EscalationStore
    from assistant.web.console.accounts import Accounts

    store = EscalationStore(postgresql_url)
    case = store.record(escalation()).case
    other = store.record(escalation(conversation="bob", priority="review")).case
    with store.transaction("ask") as connection:
        connection.execute(case_table.update().values(contact_asked_at=case_table.c.opened_at))
    CaseBook(store).keep_contact("anna", "Anna Smith", "07700 900-123", "web")
    listing = Listing(store)
    assert [row.reference for row in listing.page(Wanted()).rows] == [case, other]
    for search in ("smith", "900123", "anna", case[:5]):
        found = listing.page(Wanted(state="all", search=search)).rows
        assert [row.reference for row in found] == [case]
    assert listing.page(Wanted(state="all", search="cord")).total == 2
    assert listing.pulse().overdue == 0 and listing.pulse().unseen["review"] == 1
    accounts = Accounts(store)
    accounts.add("joy", "Joy", "admin", PASSWORD, "test")
    assert accounts.all()[0].is_admin and accounts.events()[0].what == "added as admin"
