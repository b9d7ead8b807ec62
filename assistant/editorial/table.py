"""The table of all texts: length, reading grade, variants, sources, review state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from statistics import median

from assistant.editorial.readability import readability
from assistant.faq.corpus import Corpus
from assistant.faq.document import Review
from assistant.red_flags.advice import Advice

HEAD = "# The corpus\n"


def corpus_table(corpus: Corpus, advice: Iterable[Advice], today: dt.date) -> str:
    """Returns the table as Markdown.

    Args:
        corpus: As loaded.
        advice: Of all categories.
        today: Tells what is overdue.
    """
    entries, advice = list(corpus.entries.values()), list(advice)
    measured = [readability(entry.answer) for entry in entries]
    variants = [len(entry.variants) for entry in entries]
    signed = sum(entry.review.state == "reviewed" for entry in entries)
    signed_advice = sum(one.review.state == "reviewed" for one in advice)
    words, grades = [one.words for one in measured], [one.grade for one in measured]
    lines = [
        HEAD,
        "What `make corpus` prints; `make corpus DOCS=yes` writes it here.\n",
        f"{len(entries)} entries; {sum(variants):,} variants, {min(variants)} to {max(variants)} "
        f"an entry; {min(words)} to {max(words)} words; Flesch-Kincaid grade "
        f"{median(grades):.1f} in the median, {max(grades):.1f} at most.",
        f"**Signed by a clinician: {signed} of {len(entries)} answers, {signed_advice} of "
        f"{len(advice)} texts of advice.**\n",
        "| entry | topic | words | grade | variants | sources | state |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry, one in zip(entries, measured, strict=True):
        sources = ", ".join(source.key for source in entry.sources)
        lines.append(
            f"| {entry.id} | {entry.topic} | {one.words} | {one.grade:.1f} | "
            f"{len(entry.variants)} | {sources} | {state_of(entry.review, today)} |"
        )
    lines += ["", "| advice | words | grade | sources | state |", "|---|---|---|---|---|"]
    for text in advice:
        parts = [readability(part) for part in text.texts.values()]
        sources = ", ".join(source.key for source in text.sources)
        lines.append(
            f"| {text.category} | {' + '.join(str(part.words) for part in parts)} | "
            f"{max(part.grade for part in parts):.1f} | {sources} | "
            f"{state_of(text.review, today)} |"
        )
    return "\n".join(lines) + "\n"


def state_of(review: Review, today: dt.date) -> str:
    """A review state in words.

    >>> state_of(Review("draft", note="the log holds no signature of it"), dt.date(2026, 1, 1))
    'draft (the log holds no signature of it)'
    """
    if review.state == "draft":
        return f"draft ({review.note})" if review.note else "draft"
    overdue = "**overdue** since" if review.overdue(today) else "next due"
    return f"reviewed by {review.by} on {review.on}, {overdue} {review.due}"
