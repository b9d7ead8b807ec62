"""Accounts in the terminal: `python -m assistant.web.console.staff`; `make staff-...` runs it."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence

from assistant.escalation.duty.settings import SettingsError
from assistant.escalation.store import EscalationStoreError, patient_store
from assistant.web.console.accounts import ROLES, AccountError, Accounts
from assistant.web.console.passwords import WeakPasswordError, random_password

REFUSED = (AccountError, WeakPasswordError, EscalationStoreError, SettingsError, OSError)


def add(options: argparse.Namespace) -> None:
    """Makes an account."""
    password, made_up = _asked()
    accounts = Accounts(patient_store())
    made = accounts.add(options.login, options.name, options.role, password, _who())
    _say(f"{made.login} ({made.name}, {made.role}) may log in.")
    _show(password, made_up)


def show(_: argparse.Namespace) -> None:
    """Lists all accounts."""
    accounts = Accounts(patient_store()).all()
    for one in accounts:
        state = (
            f"disabled {one.disabled_at:%d %b %Y %H:%M} UTC" if one.disabled_at else "may log in"
        )
        _say(f"{one.login:<20} {one.name:<16} {one.role:<6} {state}")
    if not accounts:
        _say("There is no account yet: make staff-add LOGIN=joy NAME=Joy ROLE=nurse")


def disable(options: argparse.Namespace) -> None:
    """Keeps somebody from logging in, and logs them out."""
    Accounts(patient_store()).disable(options.login, _who())
    _say(f"{options.login} may no longer log in.")


def enable(options: argparse.Namespace) -> None:
    """Lets somebody log in again."""
    Accounts(patient_store()).enable(options.login, _who())
    _say(f"{options.login} may log in again.")


def password(options: argparse.Namespace) -> None:
    """Gives an account another password, and logs it out everywhere."""
    chosen, made_up = _asked()
    Accounts(patient_store()).set_password(options.login, chosen, _who())
    _say(f"{options.login} has another password.")
    _show(chosen, made_up)


def _asked() -> tuple[str, bool]:
    """A password that was typed twice, or a random one where there is no terminal."""
    if not sys.stdin.isatty():
        return random_password(), True
    typed = getpass.getpass("Password (12 characters or more): ")
    if typed != getpass.getpass("The same again: "):
        raise AccountError("the two are not the same; nothing was changed")
    return typed, False


def _show(password: str, made_up: bool) -> None:
    if made_up:
        _say(f"Password, shown this once: {password}")


def _who() -> str:
    return getpass.getuser()


def _say(line: str) -> None:
    print(line)  # noqa: T201 - a command's output


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m assistant.web.console.staff")
    commands = parser.add_subparsers(required=True)
    for name, work in (
        ("add", add),
        ("list", show),
        ("disable", disable),
        ("enable", enable),
        ("password", password),
    ):
        command = commands.add_parser(name, help=work.__doc__)
        command.set_defaults(work=work)
        if work is not show:
            command.add_argument("login", help="what the person types to log in")
        if work is add:
            command.add_argument("--name", required=True, help="first name, which patients read")
            command.add_argument("--role", required=True, help=" or ".join(ROLES))
    options = parser.parse_args(arguments)
    try:
        options.work(options)
    except REFUSED as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
