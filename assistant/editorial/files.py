"""Entries and advice to files: the one writer of the form that the loaders read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assistant.faq.corpus import Entry
from assistant.faq.document import FENCE, Review
from assistant.red_flags.advice import Advice


def entry_file(entry: Entry) -> str:
    """The file of an entry, `<topic>/<id>.md`."""
    return markdown_file(
        {
            "id": entry.id,
            "topic": entry.topic,
            "question": entry.question,
            "variants": entry.variants,
            "related": entry.related,
            "warning_signs": entry.warning_signs,
            "sources": [source.key for source in entry.sources],
            "review": entry.review,
        },
        entry.answer,
    )


def advice_file(advice: Advice) -> str:
    """The file of a category's advice, `<category>.md`."""
    return markdown_file(
        {
            "category": advice.category,
            "title": advice.title,
            "sources": [source.key for source in advice.sources],
            "review": advice.review,
        },
        advice.body,
    )


def markdown_file(front: Mapping[str, Any], body: str) -> str:
    """Front matter and body as a file's text; keys without a value are left out.

    >>> print(markdown_file({"id": "x", "question": "Why?", "related": ["y"]}, "So."))
    ---
    id: x
    question: "Why?"
    related: [y]
    ---
    So.
    <BLANKLINE>
    """
    lines = [line for key, value in front.items() if value is not None for line in _of(key, value)]
    return "\n".join([FENCE, *lines, FENCE, body.strip(), ""])


def _of(key: str, value: Any) -> Iterable[str]:
    if isinstance(value, Review):
        fields = {"by": value.by and _quoted(value.by), "on": value.on, "due": value.due}
        given = [f"  {name}: {field}" for name, field in fields.items() if field is not None]
        return [f"{key}:", f"  state: {value.state}", *given]
    if key == "variants":
        return [f"{key}:", *(f"  - {_quoted(text)}" for text in value)]
    if isinstance(value, str):
        return [f"{key}: {_quoted(value) if key in ('question', 'title') else value}"]
    return [f"{key}: [{', '.join(value)}]"]


def _quoted(text: str) -> str:
    """A text as YAML in double quotes, which take JSON's escapes."""
    return json.dumps(text, ensure_ascii=False)


def write_whole(file: Path, text: str) -> None:
    """Writes a file so that a reader sees the old text or the new, never half."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
