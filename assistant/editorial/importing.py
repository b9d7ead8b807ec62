"""An edited spreadsheet to changed files: all is checked first, then all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from assistant.editorial.book import ADVICE, ANSWERS, EXPORTED, VARIANTS, stamp, state_cell
from assistant.editorial.checks import (
    Encode,
    Twin,
    check_advice,
    check_answer,
    twins,
)
from assistant.editorial.files import advice_file, entry_file, write_whole
from assistant.editorial.rows import fixed_columns, rows_by_name, variants_of
from assistant.editorial.spreadsheet import (
    Fault,
    Row,
    Sheet,
    SpreadsheetError,
    listed,
    read_book,
)
from assistant.faq.corpus import SOURCES_FILE, Corpus, Entry, read_entry
from assistant.faq.document import ContentError, Document, Review, Source, load_sources
from assistant.paths import ADVICE as ADVICE_FOLDER
from assistant.paths import CORPUS
from assistant.red_flags.advice import Advice, read_advice
from assistant.red_flags.mention import PRIORITIES

Text = TypeVar("Text", Entry, Advice)
Read = Callable[[Document], Text]


@dataclass(frozen=True)
class Change:
    """A text that an import would change.

    Attributes:
        text_id: An entry's id, or `advice/<category>`.
        file: Its file.
        before: What the file holds.
        after: What it would hold.
    """

    text_id: str
    file: Path
    before: str
    after: str


def changes_of(
    path: Path,
    corpus: Corpus,
    advice: Sequence[Advice],
    encode: Encode,
    corpus_folder: Path = CORPUS,
    advice_folder: Path = ADVICE_FOLDER,
) -> list[Change]:
    """Reads a spreadsheet and returns what it would change; writes nothing.

    Args:
        path: An XLSX file, or a folder of CSV files, as `make corpus-export` made it.
        corpus: The entries as they stand.
        advice: The advice as it stands.
        encode: Texts to their unit vectors, shape (texts, dimension).
        corpus_folder: Where the entries stand.
        advice_folder: Where the advice stands.

    Raises:
        SpreadsheetError: With every fault, by sheet and row.
    """
    sheets = read_book(path, (ANSWERS, VARIANTS, ADVICE))
    sources = load_sources(corpus_folder / SOURCES_FILE)
    faults: list[Fault] = []
    changes = _entry_changes(sheets, corpus, sources, encode, corpus_folder, faults)
    changes += _advice_changes(sheets[ADVICE.name], advice, sources, advice_folder, faults)
    if faults:
        raise SpreadsheetError(sorted(set(faults), key=lambda fault: (fault.sheet, fault.row)))
    return changes


def _entry_changes(
    sheets: dict[str, Sheet],
    corpus: Corpus,
    sources: dict[str, Source],
    encode: Encode,
    folder: Path,
    faults: list[Fault],
) -> list[Change]:
    variants, variant_rows = variants_of(sheets[VARIANTS.name], corpus, faults)
    rows = rows_by_name(sheets[ANSWERS.name], "id", corpus.entries, faults)
    changes, entries = [], dict(corpus.entries)
    for id_, entry in corpus.entries.items():
        row = rows.get(id_)
        wanted = replace(entry, variants=variants.get(id_, entry.variants))
        if row is not None:
            stands = {"topic": (entry.topic,), "state": ("draft", state_cell(entry.review))}
            faults += fixed_columns(ANSWERS, row, stands)
            wanted = _edited_entry(wanted, row, sources, faults)
        where = row or Row(0, {EXPORTED: stamp(entry)})
        file = folder / entry.topic / f"{id_}.md"
        change = _change(ANSWERS, where, id_, file, entry, wanted, entry_file, faults)
        if change is None:
            continue
        entries[id_] = wanted
        unreadable = _unreadable(ANSWERS, where, change, lambda doc: read_entry(doc, sources))
        checked = [] if unreadable else check_answer(wanted)
        faults += unreadable
        faults += [Fault(ANSWERS.name, where.number, one.said) for one in checked]
        faults += _unknown_entries(where, wanted, corpus)
        changes.append(change)
    if changes:
        changed = {id_ for id_, entry in entries.items() if entry is not corpus.entries[id_]}
        found = twins(list(entries.values()), encode, changed)
        faults += _twin_faults(found, corpus, rows, variant_rows)
    return changes


def _advice_changes(
    sheet: Sheet,
    advice: Sequence[Advice],
    sources: dict[str, Source],
    folder: Path,
    faults: list[Fault],
) -> list[Change]:
    rows = rows_by_name(sheet, "category", [one.category for one in advice], faults)
    changes = []
    for one in advice:
        row = rows.get(one.category)
        if row is None:
            continue
        faults += fixed_columns(ADVICE, row, {"state": ("draft", state_cell(one.review))})
        edited = _edited_advice(one, row, sources, faults)
        file = folder / f"{one.category}.md"
        change = _change(ADVICE, row, one.text_id, file, one, edited, advice_file, faults)
        if change is None:
            continue
        unreadable = _unreadable(ADVICE, row, change, lambda doc: read_advice(doc, sources))
        checked = [] if unreadable else check_advice(edited)
        faults += unreadable
        faults += [Fault(ADVICE.name, row.number, found.said) for found in checked]
        changes.append(change)
    return changes


def apply(changes: Sequence[Change]) -> None:
    """Writes the changed files."""
    for change in changes:
        write_whole(change.file, change.after)


def _edited_entry(entry: Entry, row: Row, sources: dict[str, Source], faults: list[Fault]) -> Entry:
    edited = replace(
        entry,
        question=row.cells["question"],
        answer=row.cells["answer"],
        related=listed(row.cells["related"]),
        warning_signs=row.cells["warning_signs"] or None,
        sources=_sources(ANSWERS, row, sources, faults),
    )
    # Words that nobody signed: a draft again.
    return edited if edited.digest == entry.digest else replace(edited, review=Review("draft"))


def _edited_advice(
    advice: Advice, row: Row, sources: dict[str, Source], faults: list[Fault]
) -> Advice:
    texts = {priority: row.cells[priority] for priority in PRIORITIES}
    if "page" not in advice.texts and not texts["page"]:
        del texts["page"]  # a same-day sign pages nobody
    edited = replace(
        advice,
        title=row.cells["title"],
        texts=texts,
        sources=_sources(ADVICE, row, sources, faults),
    )
    return edited if edited.digest == advice.digest else replace(edited, review=Review("draft"))


def _sources(
    sheet: Sheet, row: Row, sources: dict[str, Source], faults: list[Fault]
) -> tuple[Source, ...]:
    names = listed(row.cells["sources"])
    for name in names:
        if name not in sources:
            said = f"source {name!r} is unknown; allowed are {', '.join(sources)}"
            faults.append(Fault(sheet.name, row.number, said))
    return tuple(sources[name] for name in names if name in sources)


def _change(
    sheet: Sheet,
    row: Row,
    text_id: str,
    file: Path,
    stands: Text,
    wanted: Text,
    written: Callable[[Text], str],
    faults: list[Fault],
) -> Change | None:
    if wanted == stands or row.cells[EXPORTED] == stamp(wanted):
        return None  # nobody edited this row: whatever changed meanwhile stays
    if row.cells[EXPORTED] != stamp(stands):
        said = (
            f"{text_id} has been changed since this file was exported; export anew, and bring "
            "your change into that file"
        )
        faults.append(Fault(sheet.name, row.number, said))
    return Change(text_id, file, file.read_text(encoding="utf-8"), written(wanted))


def _unreadable(sheet: Sheet, row: Row, change: Change, read: Read) -> list[Fault]:  # type: ignore[type-arg]
    """What the loader says of the file as it would be."""
    with tempfile.TemporaryDirectory() as folder:
        # The loader asks for the folder's and the file's own names.
        file = Path(folder) / change.file.parent.name / change.file.name
        file.parent.mkdir()
        file.write_text(change.after, encoding="utf-8")
        try:
            read(Document(file))
        except ContentError as error:
            return [Fault(sheet.name, row.number, error.problem)]
    return []


def _unknown_entries(row: Row, entry: Entry, corpus: Corpus) -> list[Fault]:
    return [
        Fault(ANSWERS.name, row.number, f"{key} {id_!r} is no other entry of the corpus")
        for key, id_ in entry.named
        if id_ not in corpus.entries or id_ == entry.id
    ]


def _twin_faults(
    found: Sequence[Twin],
    corpus: Corpus,
    answers: dict[str, Row],
    variants: dict[tuple[str, str], int],
) -> list[Fault]:
    faults = []
    for twin in found:
        # The editor looks for the wording that is new.
        if twin.wording in corpus.entries[twin.id].wordings:
            twin = twin.turned
        said, row = twin.problem.said, variants.get((twin.id, twin.wording))
        if row is not None:
            faults.append(Fault(VARIANTS.name, row, said))
        else:  # the canonical question, or an entry whose rows the file leaves out
            number = answers[twin.id].number if twin.id in answers else 0
            faults.append(Fault(ANSWERS.name, number, said))
    return faults
