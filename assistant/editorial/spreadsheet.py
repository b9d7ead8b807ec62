"""Sheets of text to XLSX or CSV and back; cells that hold no sound text are refused by row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils.exceptions import InvalidFileException

XLSX = ".xlsx"
WIDTHS = {"answer": 90, "page": 70, "same-day": 70, "review": 50, "variant": 110, "question": 50}
USUAL_WIDTH = 26
FORMULA = ("=", "@", "+")  # what a spreadsheet would calculate, or send away

# UTF-8 that was once read as Windows-1252 ("donâ€™t"), and what stands for lost characters.
_GARBLED = re.compile("â€|Ã[\x80-\xbf©¨¡³¶¼]|Â[\xa0£°·»«]|\ufffd")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Row:
    """One row of a sheet.

    Attributes:
        number: As the spreadsheet shows it; the head is row 1.
        cells: Column name to text, stripped; empty where the cell is.
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A named table of texts.

    Attributes:
        columns: Names, in order; all must be there, no other may.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What is wrong in one place of a spreadsheet; row 0 is the sheet as a whole."""

    sheet: str
    row: int
    said: str

    def __str__(self) -> str:
        where = f"sheet {self.sheet}, row {self.row}" if self.row else f"sheet {self.sheet}"
        return f"{where}: {self.said}"


class SpreadsheetError(Exception):
    """A spreadsheet is refused as a whole; lists every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def write_book(sheets: Sequence[Sheet], path: Path) -> None:
    """Writes sheets to one XLSX file, or to a folder with a CSV file each."""
    if path.suffix == XLSX:
        _write_xlsx(sheets, path)
        return
    path.mkdir(parents=True, exist_ok=True)
    for sheet in sheets:
        # With the mark at its beginning Excel knows that it is UTF-8.
        with (path / f"{sheet.name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(sheet.columns)
            writer.writerows([row.cells[name] for name in sheet.columns] for row in sheet.rows)


def read_book(path: Path, wanted: Sequence[Sheet]) -> dict[str, Sheet]:
    """Reads the wanted sheets; others in the file are left alone.

    Args:
        path: An XLSX file, or a folder of CSV files.
        wanted: Sheets with their columns (rows are ignored).

    Returns:
        The sheets by name, without empty rows.

    Raises:
        SpreadsheetError: With all faults, by sheet and row.
    """
    if not path.exists():
        raise SpreadsheetError([Fault(path.name, 0, "there is no such file or folder")])
    if path.is_dir():
        raw = {sheet.name: _read_csv(path / f"{sheet.name}.csv", sheet) for sheet in wanted}
    elif path.suffix.lower() == XLSX:
        raw = _read_xlsx(path, wanted)
    else:
        ending = path.suffix or "no ending"
        said = f"no spreadsheet that can be read ({ending}); allowed are .xlsx, or a folder of CSV"
        raise SpreadsheetError([Fault(path.name, 0, said)])
    faults = [fault for _, found in raw.values() for fault in found]
    if faults:
        raise SpreadsheetError(faults)
    return {name: sheet for name, (sheet, _) in raw.items()}


Read = tuple[Sheet, list[Fault]]


def _write_xlsx(sheets: Sequence[Sheet], path: Path) -> None:
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.freeze_panes = "B2"
        for number, name in enumerate(sheet.columns, start=1):
            page.cell(1, number, name).font = Font(bold=True)
            letter = page.cell(1, number).column_letter
            page.column_dimensions[letter].width = WIDTHS.get(name, USUAL_WIDTH)
        for row, given in enumerate(sheet.rows, start=2):
            for number, name in enumerate(sheet.columns, start=1):
                cell = page.cell(row, number, given.cells[name])
                cell.data_type, cell.number_format = "s", "@"  # text, whatever it looks like
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    book.save(path)


def _read_xlsx(path: Path, wanted: Sequence[Sheet]) -> dict[str, Read]:
    try:
        book = load_workbook(path)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        said = f"cannot be read as XLSX ({error}); save it as Excel workbook (.xlsx), no password"
        raise SpreadsheetError([Fault(path.name, 0, said)]) from error
    read = {}
    for sheet in wanted:
        if sheet.name not in book.sheetnames:
            read[sheet.name] = sheet, [Fault(sheet.name, 0, "is missing; leave its name as it was")]
            continue
        rows: list[list[Any]] = [list(row) for row in book[sheet.name].iter_rows()]
        read[sheet.name] = _sheet(sheet, rows, _cell_of_xlsx)
    return read


def _cell_of_xlsx(cell: Cell) -> tuple[str, str | None]:
    value = cell.value
    if cell.data_type == "f":
        return "", f"a formula ({value}); only text is allowed"
    if cell.data_type == "e":
        return "", f"the error {value}; type the text anew"
    if value is None:
        return "", None
    if not isinstance(value, str):
        kind = "a date" if cell.is_date else "a number"
        return "", f"{kind} ({value}); format the cell as text and type it anew"
    return value, None


def _read_csv(file: Path, sheet: Sheet) -> Read:
    if not file.is_file():
        return sheet, [Fault(sheet.name, 0, f"is missing; the folder needs {file.name}")]
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        said = "is not UTF-8: save it as 'CSV UTF-8', or edit the XLSX instead"
        return sheet, [Fault(sheet.name, row, said)]
    # A spreadsheet in a country with decimal commas writes semicolons.
    head = text.split("\n", 1)[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        said = f"is no CSV from here on ({error}): a text with quotes or commas needs quotes"
        return sheet, [Fault(sheet.name, len(rows) + 1, said)]
    for number, cells in enumerate(rows, start=1):
        if any(cell.strip() for cell in cells[len(rows[0]) :]):
            said = (
                f"has {len(cells)} cells, the head {len(rows[0])}: put texts with commas in quotes"
            )
            return sheet, [Fault(sheet.name, number, said)]
    return _sheet(sheet, rows, _cell_of_csv)


def _cell_of_csv(value: str) -> tuple[str, str | None]:
    if value.startswith(FORMULA):
        return "", f"a formula ({value[:40]}); only text is allowed"
    return value, None


def _sheet(wanted: Sheet, rows: list[list[Any]], text_of: Any) -> Read:
    head = [str(text_of(cell)[0]).strip().casefold() for cell in rows[0]] if rows else []
    while head and not head[-1]:
        head.pop()
    faults = [
        *(f"column {name!r} is missing" for name in wanted.columns if name not in head),
        *(f"column {name!r} is unknown" for name in head if name not in wanted.columns),
        *(f"column {name!r} is there twice" for name in sorted(set(head)) if head.count(name) > 1),
    ]
    if faults:
        allowed = f"; allowed are {', '.join(wanted.columns)}"
        return wanted, [Fault(wanted.name, 1, said + allowed) for said in faults]
    found: list[Fault] = []
    read = []
    for number, row in enumerate(rows[1:], start=2):
        cells = dict.fromkeys(wanted.columns, "")
        for name, cell in zip(head, row, strict=False):
            cells[name], said = text_of(cell)
            said = said or _unsound(cells[name])
            if said:
                found.append(Fault(wanted.name, number, f"{name} holds {said}"))
            cells[name] = _clean(cells[name])
        if any(cells.values()) or any(fault.row == number for fault in found):
            read.append(Row(number, cells))
    return Sheet(wanted.name, wanted.columns, tuple(read)), found


def _unsound(text: str) -> str | None:
    garbled = _GARBLED.search(text)
    if garbled:
        near = text[max(0, garbled.start() - 15) : garbled.end() + 10]
        return f"garbled characters ({near!r}): it was saved in a wrong encoding; use UTF-8 or XLSX"
    control = _CONTROL.search(text)
    return f"a control character ({control[0]!r}); delete it" if control else None


def _clean(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def listed(text: str) -> tuple[str, ...]:
    """The names in a cell, separated by commas.

    >>> listed("bone-scan, mri-scan,")
    ('bone-scan', 'mri-scan')
    """
    return tuple(_names(text))


def _names(text: str) -> Iterator[str]:
    yield from (name.strip() for name in re.split(r"[,;\n]", text) if name.strip())
