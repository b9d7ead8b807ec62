"""Terms as the lexicon's editors write them: commas, (choices), [what may be missing]."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from assistant.red_flags.folding import fold
from assistant.red_flags.lexicon_file import Entry
from assistant.red_flags.tokens import plain, split

MOST_SPELLINGS = 600  # of one term; more is a slip of the pen


def spellings(entry: Entry, term: str) -> list[str]:
    """All wordings of a term: "(gone|went) [all] numb" are four.

    Raises:
        LexiconError: brackets do not pair, or there are more than MOST_SPELLINGS.
    """
    done: list[str] = []
    waiting = [term]
    while waiting:
        text = waiting.pop()
        inner = re.search(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]", text)
        if inner is None:
            if set(text) & set("()[]|"):
                raise entry.error("terms", term, "brackets in pairs, | only inside them")
            done.append(" ".join(text.split()))
            continue
        choices = (inner.group(1) if inner.group(1) is not None else inner.group(2)).split("|")
        if inner.group(2) is not None:
            choices = [*choices, ""]
        waiting += [f"{text[: inner.start()]} {c} {text[inner.end() :]}" for c in choices]
        if len(done) + len(waiting) > MOST_SPELLINGS:
            raise entry.error("terms", term, f"at most {MOST_SPELLINGS} wordings of one term")
    return done


def term_words(word: str) -> list[str]:
    """The plain words of one word of a term; a class such as <n> stays as it is."""
    if word.startswith("<"):
        return [word]
    return [plain(w) for w, _, _ in split(fold(word))]


def listed(value: Any) -> list[str]:
    """Items of a list, or of a text with commas; blank ones dropped."""
    items: Iterable[str] = value if isinstance(value, list) else str(value or "").split(",")
    return [" ".join(str(item).split()) for item in items if str(item).strip()]
