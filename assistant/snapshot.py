"""Corpus and red-flag advice in one archive: out of the tree, and back into it."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

from assistant.paths import ADVICE, CORPUS, ROOT, state_folder

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same texts make the same archive


def save_snapshot(archive: Path) -> None:
    """Writes the texts as they stand. The log of signatures is not among them: it only grows."""
    beside = archive.with_name(f".{archive.name}.new")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file in _texts():
            name = zipfile.ZipInfo(str(file.relative_to(ROOT)), FIXED_TIME)
            zipped.writestr(name, file.read_bytes(), zipfile.ZIP_DEFLATED)
    beside.replace(archive)


def keep_texts() -> Path:
    """Keeps the texts as they stand in the state folder, under a name of its own; returns where."""
    now = dt.datetime.now(tz=dt.timezone.utc)
    kept = state_folder() / f"texts-{now:%Y%m%d-%H%M%S}.zip"
    save_snapshot(kept)
    return kept


def same_texts(archive: Path) -> bool:
    """Whether the texts stand as they stood when the archive was written."""
    with zipfile.ZipFile(archive) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()} == {
            str(file.relative_to(ROOT)): file.read_bytes() for file in _texts()
        }


def restore_snapshot(archive: Path) -> None:
    """Brings the texts back as they stood; what has been added since goes."""
    with zipfile.ZipFile(archive) as zipped:
        kept = {ROOT / name: zipped.read(name) for name in zipped.namelist()}
    for file in [*_texts()]:
        if file not in kept:
            file.unlink()
    for file, content in kept.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_bytes() != content:
            file.write_bytes(content)


def _texts() -> Iterator[Path]:
    for folder in (CORPUS, ADVICE):
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".md", ".yml"):
                yield file
