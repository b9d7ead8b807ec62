"""What a change of a text is, in words that an editor reads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from assistant.editorial.importing import Change

_ITEM = re.compile(r"^  - ")
_WORDS = re.compile(r"\s+|\S+")


def describe(change: Change) -> str:
    """Returns the changed lines of a text; within a line the changed words are marked.

    Lines that go begin with "-", new ones with "+"; in a changed line "[-old-]{+new+}".
    """
    before, after = change.before.splitlines(), change.after.splitlines()
    lines = [f"{change.text_id}"]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        lines += _block(before[start:end], after[new_start:new_end])
    return "\n".join(lines)


def _block(before: list[str], after: list[str]) -> Iterator[str]:
    if len(before) == len(after) and not any(_ITEM.match(line) for line in (*before, *after)):
        for old, new in zip(before, after, strict=True):
            yield f"  ~ {_marked(old, new)}"
        return
    yield from (f"  - {line.strip()}" for line in before)
    yield from (f"  + {line.strip()}" for line in after)


def _marked(old: str, new: str) -> str:
    """One line with the words that go and the words that come.

    >>> _marked("It is a jab.", "It is an injection.")
    'It is [-a-]{+an+} [-jab.-]{+injection.+}'
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    marked = ""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        gone, come = "".join(before[start:end]), "".join(after[new_start:new_end])
        if tag == "equal":
            marked += gone
        else:
            marked += (f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else "")
    return marked
