"""Reading the lexicon's YAML with the line of every entry, so that an error can name it."""

from __future__ import annotations

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
