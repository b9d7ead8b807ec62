"""What the rows of an edited sheet say, and what is wrong with them one by one."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from rapidfuzz import process

from assistant.editorial.checks import unsound_wording
from assistant.editorial.spreadsheet import Fault, Row, Sheet
from assistant.faq.corpus import Corpus
from assistant.red_flags import RedFlagScreen, load_lexicon


def variants_of(
    sheet: Sheet, corpus: Corpus, faults: list[Fault]
) -> tuple[dict[str, tuple[str, ...]], dict[tuple[str, str], int]]:
    """Variants by entry, and the row of each; adds to `faults` what is wrong."""
    found: dict[str, list[str]] = {}
    rows: dict[tuple[str, str], int] = {}
    for row in sheet.rows:
        id_, variant = row.cells["id"], row.cells["variant"]
        said = _unknown(id_, "id", corpus.entries)
        if not said and not variant:
            said = "variant is empty; delete the row, or write a question"
        elif not said and "\n" in variant:
            said = "variant has several lines; write it in one"
        elif not said and variant.casefold() in map(str.casefold, found.get(id_, ())):
            said = f"variant {variant!r} stands in {id_!r} twice; keep one"
        elif not said and variant not in corpus.entries[id_].variants:
            said = "; ".join(unsound_wording(variant)) or _symptom(variant)
        if said:
            faults.append(Fault(sheet.name, row.number, said))
            continue
        found.setdefault(id_, []).append(variant)
        rows[id_, variant] = row.number
    return {id_: tuple(texts) for id_, texts in found.items()}, rows


def _symptom(variant: str) -> str | None:
    """A message like this must escalate, and the screen learns that variants are harmless."""
    for finding in _screen().explain(variant).firm:
        if finding.verdicts[0].status == "present":
            return (
                f"variant {variant!r} reads like a symptom that someone has ({finding.words!r}, "
                f"{finding.category}): that must escalate. Ask about the topic, or in other words"
            )
    return None


@lru_cache(maxsize=1)
def _screen() -> RedFlagScreen:
    return RedFlagScreen(load_lexicon())


def rows_by_name(
    sheet: Sheet, key: str, known: Collection[str], faults: list[Fault]
) -> dict[str, Row]:
    """Rows by the name in their key column; adds to `faults` what is wrong."""
    found: dict[str, Row] = {}
    for row in sheet.rows:
        name = row.cells[key]
        said = _unknown(name, key, known)
        if not said and name in found:
            said = f"{key} {name!r} stands in row {found[name].number} already; keep one"
        if said:
            faults.append(Fault(sheet.name, row.number, said))
        else:
            found[name] = row
    return found


def _unknown(name: str, key: str, known: Collection[str]) -> str | None:
    if not name:
        return f"{key} is missing"
    if name in known:
        return None
    nearest = process.extractOne(name, list(known))[0]
    return f"{key} {name!r} is unknown; the nearest is {nearest!r}. New texts begin as a file"


def fixed_columns(sheet: Sheet, row: Row, stands: dict[str, tuple[str, ...]]) -> list[Fault]:
    """Columns that only other commands change."""
    return [
        Fault(sheet.name, row.number, f"{name} is {row.cells[name]!r}; leave it as {texts[-1]!r}")
        for name, texts in stands.items()
        if row.cells[name] not in texts
    ]
