"""The corpus and the advice as sheets that an editor changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from assistant.editorial.files import advice_file, entry_file
from assistant.editorial.spreadsheet import Row, Sheet
from assistant.faq.corpus import Corpus, Entry
from assistant.faq.document import Review
from assistant.red_flags.advice import Advice

EXPORTED = "as exported"  # tells at import whether the text has changed meanwhile
ANSWERS = Sheet(
    "answers",
    (
        "id",
        "topic",
        "question",
        "answer",
        "related",
        "warning_signs",
        "sources",
        "state",
        EXPORTED,
    ),
)
VARIANTS = Sheet("variants", ("id", "variant"))
ADVICE = Sheet(
    "advice",
    ("category", "title", "page", "same-day", "review", "sources", "state", EXPORTED),
)
READ_ME = Sheet("read me", ("how to use this file",))
HELP = (
    "No clinician has signed a text whose state is 'draft'.",
    "answers: change question, answer, related, warning_signs and sources. Leave id, topic, state "
    "and 'as exported' as they are.",
    "variants: one row for each way to ask. Add rows with the entry's id, change or delete rows. "
    "An entry without any row here is left as it is; so is an answer whose row is missing.",
    "advice: what a patient reads when a red flag is seen, by how pressing it is.",
    "Answers: 60 to 160 words, Flesch-Kincaid grade 8 or less, names in braces as they are "
    "({care_team}, {cancer_line}, ...). Lists are names with commas.",
    "All cells are text: no formulas, no dates. Save as .xlsx (or each sheet as 'CSV UTF-8').",
    "Then: make corpus-import FILE=<this file>. It shows what would change, and asks.",
    "A changed answer is a draft again until a clinician signs it: make corpus-sign.",
)


def book_of(corpus: Corpus, advice: Iterable[Advice]) -> list[Sheet]:
    """Returns all sheets, filled."""
    entries = list(corpus.entries.values())
    return [
        _filled(READ_ME, [{READ_ME.columns[0]: line} for line in HELP]),
        _filled(ANSWERS, [_answer_cells(entry) for entry in entries]),
        _filled(
            VARIANTS,
            [{"id": entry.id, "variant": text} for entry in entries for text in entry.variants],
        ),
        _filled(ADVICE, [_advice_cells(one) for one in advice]),
    ]


def stamp(text: Entry | Advice) -> str:
    """A short fingerprint of a text, for the column 'as exported'; a signature changes it not."""
    draft = replace(text, review=Review("draft"))
    written = entry_file(draft) if isinstance(draft, Entry) else advice_file(draft)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def state_cell(review: Review) -> str:
    """A review state for the column 'state', which only a signature changes.

    >>> state_cell(Review("draft"))
    'draft'
    """
    if review.state == "draft":
        return "draft"
    return f"reviewed by {review.by} on {review.on}, next due {review.due}"


def _answer_cells(entry: Entry) -> dict[str, str]:
    return {
        "id": entry.id,
        "topic": entry.topic,
        "question": entry.question,
        "answer": entry.answer,
        "related": ", ".join(entry.related),
        "warning_signs": entry.warning_signs or "",
        "sources": ", ".join(source.key for source in entry.sources),
        "state": state_cell(entry.review),
        EXPORTED: stamp(entry),
    }


def _advice_cells(advice: Advice) -> dict[str, str]:
    return {
        "category": advice.category,
        "title": advice.title,
        "page": advice.texts.get("page", ""),
        "same-day": advice.texts["same-day"],
        "review": advice.texts["review"],
        "sources": ", ".join(source.key for source in advice.sources),
        "state": state_cell(advice.review),
        EXPORTED: stamp(advice),
    }


def _filled(sheet: Sheet, rows: Iterable[dict[str, str]]) -> Sheet:
    numbered = (Row(number, cells) for number, cells in enumerate(rows, start=2))
    return Sheet(sheet.name, sheet.columns, tuple(numbered))
