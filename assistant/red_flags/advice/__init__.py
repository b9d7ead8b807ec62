"""What a patient reads when a red flag is seen: reviewed content, one file a category."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.faq.document import ContentError, Document, Review, Source, load_sources
from assistant.paths import CORPUS
from assistant.red_flags.mention import PRIORITIES, Mention, Priority, categories

FOLDER = Path(__file__).parent
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


@lru_cache(maxsize=1)
def load_advice(folder: Path = FOLDER) -> Mapping[str, Advice]:
    """Reads and checks the advice of all categories.

    Raises:
        ContentError: If a file or a category is missing or faulty.
    """
    sources = load_sources(CORPUS / "sources.yml")
    advice = {file.stem: _read(file, sources) for file in sorted(folder.glob("*.md"))}
    for category in categories():
        if category not in advice:
            raise ContentError(folder / f"{category}.md", 1, "is missing: each category has advice")
    return advice


def _read(file: Path, sources: dict[str, Source]) -> Advice:
    document = Document(file)
    document.allow(KEYS)
    category = document.choice("category", [*categories()])
    if category != file.stem:
        raise document.fail("category", f"{category!r} must be the file's name, {file.stem!r}")
    # The split gives text before the first section, then names and texts in turn.
    pieces = [piece.strip() for piece in _SECTION.split(document.body)][1:]
    texts = dict(zip(pieces[::2], pieces[1::2], strict=True))
    emergency = categories()[category] == "emergency"
    needed = PRIORITIES if emergency else PRIORITIES[1:]
    if set(texts) != set(needed) or not all(texts.values()):
        raise document.fail(
            None, f"sections must be {', '.join(needed)}, found {', '.join(texts) or 'none'}"
        )
    document.check_placeholders(document.body)
    return Advice(
        category=category,
        title=document.text("title"),
        texts={priority: texts[priority] for priority in needed},
        sources=document.sources("sources", sources),
        review=document.review(),
    )


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
