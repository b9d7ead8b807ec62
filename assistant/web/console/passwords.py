"""Passwords of staff: which are strong enough, and how they are kept."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

FEWEST_CHARACTERS = 12
MOST_CHARACTERS = 128  # a longer one costs the server time
# Of zxcvbn, 0 to 4: at least 10^8 guesses. Its lists hold the 30,000 commonest passwords (of
# xato's ten million), common names and English words.
WEAKEST = 3
LONGEST_JUDGED = 72  # zxcvbn takes no more
WORDS_OF_THE_PLACE = ("nurse", "hospital", "console", "assistant", "cancer", "oncology")
RANDOM_BYTES = 15

_hasher = PasswordHasher()  # argon2id, RFC 9106's second recommendation (64 MiB, 3 rounds)
# Of no account: a name that nobody has takes as long as one that somebody has.
_nobodys = _hasher.hash(secrets.token_hex(RANDOM_BYTES))


class WeakPasswordError(Exception):
    """A password is too weak; the message says what is wrong with it, not what it is."""


def check_strength(password: str, login: str, name: str) -> None:
    """Refuses weak passwords after NIST SP 800-63B: length and guesses count, not kinds of sign.

    Args:
        password: As it was typed.
        login: Of the account.
        name: First name of the person.

    Raises:
        WeakPasswordError: If it is too short, too long, common or easily guessed.

    >>> check_strength("copper lantern tuesday", "joy", "Joy")
    """
    if not FEWEST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise WeakPasswordError(
            f"a password has {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters, this one has "
            f"{len(password)}"
        )
    own = [login, name, *WORDS_OF_THE_PLACE]
    judged = zxcvbn(password[:LONGEST_JUDGED], user_inputs=own)
    if judged["score"] < WEAKEST:
        why = judged["feedback"]["warning"] or "It can be guessed."
        raise WeakPasswordError(
            f"this password is too easily guessed ({why.rstrip('.').lower()}); take several words "
            "that do not belong together"
        )


def random_password() -> str:
    """A password for somebody who did not choose one: 120 bits."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether a password is the one that is kept.

    Args:
        password: As it was typed.
        kept: What `hashed` gave; None for an account that does not exist, which takes as long.
    """
    try:
        return _hasher.verify(kept or _nobodys, password[:MOST_CHARACTERS]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
