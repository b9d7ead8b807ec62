"""The log of signatures: which words a clinician has signed, by their hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.faq.document import ContentError, Review, Source

LOG = "signed_off.jsonl"
KEYS = ("text", "sha256", "by", "on", "due")


@dataclass(frozen=True)
class SignOff:
    """One signature.

    Attributes:
        text: An entry's id, or `advice/<category>`.
        sha256: Of the words that were signed, see `digest_of_text`.
        by: The clinician.
        on: The day of the signature.
        due: The day by which the text must be read again.
    """

    text: str
    sha256: str
    by: str
    on: dt.date
    due: dt.date


def digest_of_text(title: str, body: str, sources: Sequence[Source]) -> str:
    """The hash of all that a patient reads of a text: a new word asks for a new signature.

    >>> digest_of_text("a", "b", []) == digest_of_text("a", "c", [])
    False
    """
    shown = [title, body, *sorted(source.shown for source in sources)]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def load_sign_offs(corpus: Path) -> list[SignOff]:
    """Reads the log of a corpus folder; none has been written before the first signature.

    Raises:
        ContentError: If a line is no signature.
    """
    file = corpus / LOG
    if not file.is_file():
        return []
    signed = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            given = json.loads(line)
            on, due = (dt.date.fromisoformat(given[day]) for day in ("on", "due"))
            signed.append(SignOff(given["text"], given["sha256"], given["by"], on, due))
        except (ValueError, KeyError, TypeError) as error:
            raise ContentError(
                file, number, f"is no signature ({error!r}); needed are {', '.join(KEYS)}"
            ) from error
    return signed


def append_sign_off(corpus: Path, signed: SignOff) -> None:
    """Adds a signature to the log, which only ever grows."""
    row = {**asdict(signed), "on": signed.on.isoformat(), "due": signed.due.isoformat()}
    with (corpus / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(row, ensure_ascii=False) + "\n")


def confirmed(review: Review, text: str, digest: str, sign_offs: Sequence[SignOff]) -> Review:
    """Returns a file's review state, if the log bears it out; otherwise a draft that says why.

    Args:
        review: What the file says.
        text: An entry's id, or `advice/<category>`.
        digest: Of the words as they stand.
        sign_offs: The log.
    """
    if review.state == "draft":
        return review
    own = [one for one in sign_offs if one.text == text]
    if any((one.sha256, one.by, one.on, one.due) == _claim(digest, review) for one in own):
        return review
    if any(one.sha256 == digest for one in own):
        return Review("draft", note="the file names another signature than the log")
    if own:
        return Review("draft", note=f"changed since {own[-1].by} signed it on {own[-1].on}")
    return Review("draft", note="the log holds no signature of it")


def _claim(digest: str, review: Review) -> tuple[str, str | None, dt.date | None, dt.date | None]:
    return digest, review.by, review.on, review.due
