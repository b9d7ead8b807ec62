"""A group of the queue to variants of an entry, or to the draft of a new one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assistant.editorial.book import ADVICE, ANSWERS, VARIANTS
from assistant.editorial.checks import LONGEST_WORDING, Encode
from assistant.editorial.files import markdown_file, write_whole
from assistant.editorial.importing import Change, changes_of
from assistant.editorial.spreadsheet import Row, Sheet, SpreadsheetError, write_book
from assistant.faq.corpus import Corpus, Entry
from assistant.faq.document import Review
from assistant.learning.grouping import Group
from assistant.learning.redaction import PLACEHOLDERS
from assistant.paths import CORPUS, ROOT

DRAFTS = ROOT / "drafts"
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# Far too short for an answer, and without a source: `make corpus` refuses it as it stands.
TO_BE_WRITTEN = (
    "TO BE WRITTEN: this entry has no answer yet. Write it from a source, fill in the lists above, "
    "choose the topic, and move the file to faq_corpus/<topic>/. Then: make corpus."
)


class AcceptError(Exception):
    """A group cannot be accepted; says why and what to do. Nothing has been changed."""


def variants_of(group: Group) -> list[str]:
    """The messages of a group that can be ways to ask: those from which nothing was taken out."""
    return [
        message.text
        for message in group.messages
        if len(message.text) <= LONGEST_WORDING
        and not any(placeholder in message.text for placeholder in PLACEHOLDERS)
    ]


def changes_for_entry(
    group: Group, entry_id: str, corpus: Corpus, encode: Encode, folder: Path = CORPUS
) -> list[Change]:
    """What accepting a group into an entry would change; writes nothing.

    The checks are those of an import: the texts go through it as a sheet of variants.

    Args:
        group: The messages.
        entry_id: The entry that answers them.
        corpus: As it stands.
        encode: Texts to their unit vectors, shape (texts, dimension).
        folder: Where the corpus stands.

    Returns:
        One change, or none where the entry has all of the texts.

    Raises:
        AcceptError: If a check fails.
    """
    entry = corpus.entries.get(entry_id)
    if entry is None:
        near = ", ".join(nearest.id for nearest in group.nearest)
        raise AcceptError(
            f"ENTRY={entry_id} is no entry of the corpus; near the group are {near}. "
            "For a new entry: NEW=<id>"
        )
    known = {wording.casefold() for wording in entry.wordings}
    new = [text for text in variants_of(group) if text.casefold() not in known]
    if not new:
        return []
    with tempfile.TemporaryDirectory() as book:
        write_book(_sheets(entry, new), Path(book))
        try:
            return changes_of(Path(book), corpus, (), encode, folder)
        except SpreadsheetError as error:
            refused = "\n".join(fault.said for fault in error.faults)
            raise AcceptError(
                f"Nothing was changed:\n{refused}\n"
                "Leave a message out with WITHOUT=<its number>, or dismiss the group."
            ) from None


def _sheets(entry: Entry, new: Sequence[str]) -> list[Sheet]:
    """A book that changes the variants of one entry and nothing else."""
    rows = [
        Row(number, {"id": entry.id, "variant": text})
        for number, text in enumerate((*entry.variants, *new), start=2)
    ]
    return [ANSWERS, Sheet(VARIANTS.name, VARIANTS.columns, tuple(rows)), ADVICE]


def write_draft(group: Group, new_id: str, corpus: Corpus, folder: Path = DRAFTS) -> Path:
    """Writes the draft of a new entry, outside the corpus: no patient can be shown it.

    Args:
        group: The messages; the shortest becomes the question.
        new_id: The entry's id.
        corpus: As it stands.
        folder: Where drafts stand.

    Returns:
        The draft's file.

    Raises:
        AcceptError: If the id is taken or no id, or no message can be shown.
    """
    file = folder / f"{new_id}.md"
    if not _ID.fullmatch(new_id):
        raise AcceptError(
            f"NEW={new_id!r} is no id; allowed are lower-case words with dashes, as in bone-density"
        )
    if new_id in corpus.entries or file.exists():
        where = "an entry of the corpus" if new_id in corpus.entries else f"a draft ({file})"
        raise AcceptError(f"NEW={new_id} is {where} already; choose another id")
    texts = variants_of(group)
    if not texts:
        raise AcceptError(
            f"Something was taken out of each message of group {group.id}, so none can be a "
            "question; write the entry by hand, then dismiss the group"
        )
    question = min(texts, key=len)
    nearest = [near.id for near in group.nearest]
    front = {
        "id": new_id,
        "topic": corpus.entries[nearest[0]].topic,
        "question": question,
        "variants": [text for text in texts if text != question],
        "related": nearest,
        "sources": [],
        "review": Review("draft"),
    }
    folder.mkdir(exist_ok=True)
    write_whole(file, markdown_file(front, TO_BE_WRITTEN))
    return file
