"""Reading the lexicon's YAML with the line of every entry, so that an error can name it."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any

import yaml

LINE = "__line__"


class LexiconError(ValueError):
    """A lexicon file is faulty: the assistant must not start with it."""

    def __init__(self, path: Path, line: int, found: Any, allowed: str) -> None:
        super().__init__(f"{path}, line {line}: found {found!r}; allowed: {allowed}")
        self.path, self.line = path, line


class _LineLoader(yaml.CSafeLoader):
    """Adds to each mapping the line it begins at."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        mapping[LINE] = node.start_mark.line + 1
        return mapping


_LineLoader.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
    lambda loader, node: loader.construct_mapping(node, deep=True),  # type: ignore[arg-type]
)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; each mapping has its line under LINE.

    Raises:
        LexiconError: the file is missing or is no YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LineLoader)
    except OSError as error:
        raise LexiconError(path, 0, type(error).__name__, "a readable file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise LexiconError(path, line, getattr(error, "problem", "bad YAML"), "YAML") from error


class Entry:
    """One concept, rule, figure or trigger as written, with its place."""

    def __init__(self, path: Path, data: dict[str, Any]) -> None:
        self.path, self.data = path, data

    def error(self, key: str, found: Any, allowed: str) -> LexiconError:
        """An error that names this entry."""
        name = self.data.get("id", "an entry without id")
        return LexiconError(
            self.path, int(self.data.get(LINE, 0)), f"{name}.{key} = {found}", allowed
        )

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.data.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, value, "a text")
        return value

    def optional(self, key: str) -> Any:
        """A value that may be missing."""
        return self.data.get(key)

    def truth(self, key: str, required: bool = False) -> bool:
        """Yes or no; no where it may be missing."""
        value = self.data.get(key)
        if value is None and not required:
            return False
        if not isinstance(value, bool):
            raise self.error(key, value, "true or false")
        return value

    def items(self, key: str) -> list[Any]:
        """A list that must hold something."""
        value = self.data.get(key)
        if not isinstance(value, list) or not value:
            raise self.error(key, value, "a list")
        return value

    def listed(self, key: str) -> list[str]:
        """A list of texts that may be missing."""
        value = self.data.get(key) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, value, "a list of texts")
        return value


def read_entries(path: Path, kind: str, keys: Set[str]) -> list[Entry]:
    """The entries of a file that holds a list.

    Args:
        path: the file.
        kind: what an entry is called in errors.
        keys: the only keys that an entry may have.

    Raises:
        LexiconError: the file is no list of mappings, or an entry has an unknown key.
    """
    data = read_yaml(path)
    if not isinstance(data, list):
        raise LexiconError(path, 1, type(data).__name__, f"a list of {kind}s")
    entries = []
    for item in data:
        if not isinstance(item, dict):
            raise LexiconError(path, 1, item, f"a {kind}: keys and values")
        entry = Entry(path, item)
        unknown = set(item) - keys - {LINE}
        if unknown:
            raise entry.error("key", sorted(unknown), ", ".join(sorted(keys)))
        entries.append(entry)
    return entries
