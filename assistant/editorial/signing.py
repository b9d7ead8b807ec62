"""A clinician's signature: into the text's file, and into the log that bears it out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.editorial.checks import check_advice, check_answer
from assistant.editorial.files import advice_file, entry_file, write_whole
from assistant.faq.corpus import Corpus, Entry
from assistant.faq.document import Review
from assistant.faq.sign_off import SignOff, append_sign_off
from assistant.paths import ADVICE, CORPUS
from assistant.red_flags.advice import Advice

# The NHS Information Standard asked for a review of patient information at least every three years.
MOST_YEARS = 3


class SigningError(Exception):
    """A text cannot be signed; the message says why."""


def find_text(text_id: str, corpus: Corpus, advice: Sequence[Advice]) -> Entry | Advice:
    """Returns the entry (`denosumab`) or the advice (`advice/fracture`) of a name.

    Raises:
        SigningError: If there is none.
    """
    texts: dict[str, Entry | Advice] = {one.text_id: one for one in advice}
    texts |= corpus.entries
    if text_id not in texts:
        raise SigningError(
            f"ID={text_id!r}: there is no such text; allowed are the ids of `make corpus`, such as "
            "denosumab, or advice/fracture"
        )
    return texts[text_id]


def sign(
    text: Entry | Advice,
    by: str,
    on: dt.date,
    due: dt.date,
    corpus_folder: Path = CORPUS,
    advice_folder: Path = ADVICE,
) -> SignOff:
    """Signs a text as it stands: the log first, then the file.

    Args:
        text: An entry or the advice of a category.
        by: Name and role of the clinician who read it.
        on: The day of the signature.
        due: The day by which it must be read again, after `on`.
        corpus_folder: Where entries and log stand.
        advice_folder: Where the advice stands.

    Raises:
        SigningError: If the name is empty, the days are out of order, or the text fails a check.
    """
    name, _, role = by.partition(",")
    if not name.strip() or not role.strip():
        raise SigningError(f"BY={by!r}: needs name and role, such as BY='Dr A. Okoro, oncologist'")
    if due <= on:
        raise SigningError(f"DUE={due}: must be after the day of the signature, {on}")
    if due > on.replace(year=on.year + MOST_YEARS, day=min(on.day, 28)):
        raise SigningError(f"DUE={due}: must be within {MOST_YEARS} years of {on}")
    review = Review("reviewed", by, on, due)
    if isinstance(text, Entry):
        problems, text_id = check_answer(text), text.id
        file = corpus_folder / text.topic / f"{text.id}.md"
        content = entry_file(replace(text, review=review))
    else:
        problems, text_id = check_advice(text), text.text_id
        file = advice_folder / f"{text.category}.md"
        content = advice_file(replace(text, review=review))
    if problems:
        raise SigningError("\n".join(map(str, problems)))
    signed = SignOff(text_id, text.digest, by, on, due)
    append_sign_off(corpus_folder, signed)
    write_whole(file, content)
    return signed
