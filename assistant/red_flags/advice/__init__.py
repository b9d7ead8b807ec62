"""What a patient reads when a red flag is seen: reviewed content, one file a category."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from assistant.faq.corpus import SOURCES_FILE
from assistant.faq.document import ContentError, Document, Review, Source, load_sources
from assistant.faq.sign_off import LOG, SignOff, confirmed, digest_of_text, load_sign_offs
from assistant.paths import ADVICE, CORPUS
from assistant.red_flags.mention import PRIORITIES, Mention, Priority, categories

KEYS = ("category", "title", "sources", "review")
MOST_QUIET_LINES = 2

# Shown when everything else has failed, so it depends on nothing: no file, no site, no number.
CONSTANT_ADVICE = (
    "This may need help at once. If you have new numbness or weakness, cannot control your bladder "
    "or bowel, have chest pain or trouble breathing, heavy bleeding, a sudden bad pain, are "
    "confused or faint, or you might harm yourself: call your emergency number now (999 in the UK, "
    "112 in Europe, 911 in the US). Say that you have cancer in your bones. For anything else, "
    "call your cancer team today. Nobody reads this chat all the time."
)

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Advice:
    """The advice of one category.

    Attributes:
        title: Names the signs in a sentence ("Signs that ...").
        texts: Markdown with placeholders of the site, by priority.
    """

    category: str
    title: str
    texts: Mapping[Priority, str]
    sources: tuple[Source, ...]
    review: Review

    @property
    def text_id(self) -> str:
        """Its name in the log of signatures."""
        return f"advice/{self.category}"

    @property
    def body(self) -> str:
        """All its texts, as the file holds them."""
        return "\n".join(f"## {priority}\n{text}" for priority, text in self.texts.items())

    @property
    def digest(self) -> str:
        """The hash that a signature stands for."""
        return digest_of_text(self.title, self.body, self.sources)


@lru_cache(maxsize=4)
def load_advice(folder: Path = ADVICE, corpus: Path = CORPUS) -> Mapping[str, Advice]:
    """Reads and checks the advice of all categories.

    Args:
        folder: Holds `<category>.md`.
        corpus: Holds the list of sources and the log of signatures.

    Raises:
        ContentError: If a file or a category is missing or faulty.
    """
    sources, sign_offs = load_sources(corpus / SOURCES_FILE), load_sign_offs(corpus)
    advice = {}
    for file in sorted(folder.glob("*.md")):
        advice[file.stem] = read_advice(Document(file), sources, sign_offs)
    for category in categories():
        if category not in advice:
            raise ContentError(folder / f"{category}.md", 1, "is missing: each category has advice")
    return advice


_installed: Mapping[str, Advice] | None = None


def current_advice() -> Mapping[str, Advice]:
    """The advice that patients read: of the model that is served; without one, of the files."""
    return _installed if _installed is not None else load_advice()


def install_advice(advice: Mapping[str, Advice] | None) -> None:
    """Makes a model's advice the process's own; None for the files'."""
    global _installed
    _installed = advice


def save_advice(folder: Path) -> None:
    """Keeps the advice of the files beside a model, with its sources and review states."""
    for file in sorted(ADVICE.glob("*.md")):
        shutil.copy(file, folder / file.name)
    for name in (SOURCES_FILE, LOG):
        if (CORPUS / name).is_file():
            shutil.copy(CORPUS / name, folder / name)


def read_advice(
    document: Document, sources: dict[str, Source], sign_offs: Sequence[SignOff] = ()
) -> Advice:
    """Reads the advice of one category.

    Args:
        document: Its file.
        sources: All sources that it may name.
        sign_offs: The log that its review state must agree with.

    Raises:
        ContentError: If the file is faulty.
    """
    file = document.file
    document.allow(KEYS)
    category = document.choice("category", [*categories()])
    if category != file.stem:
        raise document.fail("category", f"{category!r} must be the file's name, {file.stem!r}")
    # The split gives text before the first section, then names and texts in turn.
    pieces = [piece.strip() for piece in _SECTION.split(document.body)][1:]
    texts = dict(zip(pieces[::2], pieces[1::2], strict=True))
    # A same-day sign is paged as well, where somebody comes back about it.
    if set(texts) != set(PRIORITIES) or not all(texts.values()):
        raise document.fail(
            None,
            f"sections must be {', '.join(PRIORITIES)}, each with a text; found "
            f"{', '.join(name for name, text in texts.items() if text) or 'none'}",
        )
    document.check_placeholders(document.body)
    advice = Advice(
        category=category,
        title=document.text("title"),
        texts={priority: texts[priority] for priority in PRIORITIES},
        sources=document.sources("sources", sources),
        review=document.review(),
    )
    review = confirmed(advice.review, advice.text_id, advice.digest, sign_offs)
    return replace(advice, review=review)


def compose(mentions: Sequence[Mention], advice: Mapping[str, Advice]) -> str:
    """Returns the advice for a message's mentions, with placeholders.

    The most pressing mention is spoken to in full. Self-harm beside another emergency keeps its
    own words as well; other signs are named, to be told on the phone.

    Args:
        mentions: At least one, the most pressing first.
        advice: Of all categories.
    """
    first = mentions[0]
    if first.priority == "review":
        lines = [advice[mention.category].texts["review"] for mention in mentions]
        return "\n\n".join(lines[:MOST_QUIET_LINES])
    texts = [advice[first.category].texts[first.priority]]
    others = [mention for mention in mentions[1:] if mention.priority != "review"]
    for mention in [other for other in others if other.category == "self-harm"]:
        texts.append(advice[mention.category].texts[mention.priority])
        others.remove(mention)
    if others:
        signs = "\n".join(f"- {advice[mention.category].title}" for mention in others)
        texts.append(f"Tell them about this too:\n{signs}")
    return "\n\n".join(texts)
